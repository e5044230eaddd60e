"""The benchmark: counts, peers that do the same work, measuring in turn, tables."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from lamina.__main__ import main
from lamina.benchmark import networks, report, runner, workloads
from lamina.benchmark.peers import PEERS
from lamina.benchmark.peers import lamina as lamina_peer
from lamina.benchmark.peers import numpy as numpy_peer
from lamina.benchmark.runner import Effort, Result
from lamina.benchmark.worker import Worker
from lamina.benchmark.workloads import Case, Prediction, Product, Step, Training

SMALL = networks.mlp(5, 8, 3)
CASES: list[Case] = [
    *(Product(3, 5, 7, layout) for layout in ("nn", "nt", "tn", "tt")),
    *(Step(6, 5, 4, way) for way in (False, True)),
    Prediction("small", SMALL, 9),
    *(
        Training(loss, SMALL, loss, 4, 10, epochs=2)
        for loss in ("mse", "mae", "sparse_categorical_crossentropy")
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.kind} {case.name}")
def test_numpy_does_the_same_work(case: Case) -> None:
    ours, theirs = (getattr(peer, case.kind)(case)() for peer in (lamina_peer, numpy_peer))
    if isinstance(case, Training):  # shuffled differently
        assert ours == pytest.approx(theirs, rel=0.05)
        return
    if not isinstance(theirs, tuple):
        ours, theirs = (ours,), (theirs,)
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(np.asarray(mine), other, rtol=1e-4, atol=1e-5)


def test_training_starts_over_at_every_call() -> None:
    case = Training("full batch", SMALL, "mse", 10, 10, epochs=3)
    for peer in (lamina_peer, numpy_peer):
        work = peer.training(case)
        assert work() == pytest.approx(work(), rel=1e-6)


def test_multiply_adds_are_counted() -> None:
    assert SMALL.multiply_adds() == [40, 24]
    assert Training("t", SMALL, "mse", 4, 10, epochs=2).flops == 2 * 20 * (3 * 64 - 40)
    assert workloads.CNN.output_shape == (10,)
    assert workloads.CNN.multiply_adds()[:3] == [26 * 26 * 9 * 32, 0, 11 * 11 * 9 * 32 * 64]
    lstm = networks.Network((50, 8), (networks.LSTM(64),))
    assert lstm.multiply_adds() == [50 * (8 + 64) * 256]


def test_every_quick_case_exists() -> None:
    names = {case.name for cases in workloads.SECTIONS.values() for case in cases}
    assert names >= workloads.QUICK
    assert sum(map(len, workloads.select(quick=True).values())) == len(workloads.QUICK)


def test_speedups_and_disagreement() -> None:
    result = Result("training", "heart", 1e9, {"lamina": 0.01, "numpy": 0.03}, ("numpy",))
    assert result.speedups == {"numpy": pytest.approx(3)}
    head, line, row = report.table([result], ["numpy", "torch"], 2e11).splitlines()
    assert head.split() == ["training", "lamina", "numpy", "floor", "of", "peak"]
    assert set(line) == {"-"}
    assert row.split() == ["heart", "10", "ms", "30", "ms", "3.00x?", "5", "ms", "50%"]


def test_unknown_peers_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["benchmark", "--against", "torhc"]) == 2
    message = capsys.readouterr().err
    assert "torhc" in message
    assert all(peer in message for peer in PEERS)


def test_workers_measure_in_turn() -> None:
    with runner.workers(["numpy"], threads=1) as team:
        assert [worker.version.split()[0] for worker in team] == ["Lamina", "NumPy"]
        result = runner.measure(Product(8, 8, 8), team, Effort(rounds=2, seconds=0))
        assert result is not None
        assert set(result.seconds) == {"lamina", "numpy"}
        assert all(0 < value < 0.1 for value in result.seconds.values())
        assert result.disagreeing == ()
        lstm = networks.Network((2, 2), (networks.LSTM(2),))
        assert team[1].prepare(Prediction("lstm", lstm, 2)) is None


def test_a_failing_worker_says_why() -> None:
    worker = Worker("numpy", 1)
    with pytest.raises(RuntimeError, match=r"numpy failed: .*KeyError\('nonsense'\)"):
        worker.prepare(Training("t", SMALL, "nonsense", 4, 10))
    worker.close()


def test_command_writes_tables_and_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(workloads, "QUICK", {"32x784x128 nn", "celsius", "mlp_1 call"})
    path = tmp_path / "speed.json"
    assert main(["benchmark", "--quick", "--json", str(path)]) == 0
    shown = capsys.readouterr()
    assert "celsius" in shown.out
    assert "[2/3] training: celsius" in shown.err
    measured = json.loads(path.read_text())
    assert {entry["case"] for entry in measured["results"]} == workloads.QUICK
    assert all(entry["disagreeing"] == [] for entry in measured["results"])
    assert set(measured["machine"]["versions"]) == {"lamina", "numpy"}
