"""A network of two hidden units written out in NumPy, and the same network in Lamina."""

import numpy as np

from lamina import layers, models, optimizers

# Who is heavier and taller than the mean is called 1.
people = np.array([[-1.0, -0.5], [1.2, 0.3], [0.8, 1.1], [-0.7, -1.4], [0.4, -0.2], [-0.9, 0.6]])
answers = np.array([[0.0], [1.0], [1.0], [0.0], [1.0], [0.0]])
rate, epochs = 0.5, 900

generator = np.random.default_rng(7)
start = [
    generator.normal(size=(2, 2)),
    generator.normal(size=2),
    generator.normal(size=(2, 1)),
    generator.normal(size=1),
]


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


w1, b1, w2, b2 = (weight.copy() for weight in start)
losses = []
for _ in range(epochs):
    hidden = sigmoid(people @ w1 + b1)
    guess = sigmoid(hidden @ w2 + b2)
    losses.append(np.mean((guess - answers) ** 2))
    d_output = 2 * (guess - answers) / len(people) * guess * (1 - guess)
    d_hidden = d_output @ w2.T * hidden * (1 - hidden)
    w2 -= rate * hidden.T @ d_output
    b2 -= rate * d_output.sum(axis=0)
    w1 -= rate * people.T @ d_hidden
    b1 -= rate * d_hidden.sum(axis=0)

model = models.Sequential(
    [layers.Dense(2, "sigmoid", input_shape=(2,)), layers.Dense(1, "sigmoid")]
)
model.set_weights(start)
model.compile(optimizer=optimizers.SGD(rate), loss="mean_squared_error")
history = model.fit(people, answers, batch_size=len(people), epochs=epochs, verbose=0)
