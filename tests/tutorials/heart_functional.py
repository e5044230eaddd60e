"""The functional interface: layers called on symbolic tensors, with held-out data watched."""

from lamina import datasets
from lamina.layers import Dense, Input
from lamina.models import Model

(x_train, y_train), (x_test, y_test) = datasets.heart.load_data()
mean, deviation = x_train.mean(axis=0), x_train.std(axis=0)
x_train, x_test = (x_train - mean) / deviation, (x_test - mean) / deviation

input = Input(13)
x = Dense(64, activation="relu")(input)
x = Dense(32, activation="relu")(x)
output = Dense(1, activation="sigmoid")(x)

model = Model(input, output)
model.compile(optimizer="adam", loss="binary_crossentropy", metrics="accuracy")
history = model.fit(
    x_train, y_train, epochs=20, batch_size=32, validation_data=(x_test, y_test), verbose=0
)
