"""Models are found by name, and what cannot be opened says what could be."""

from importlib.util import find_spec

import pytest

from gifmcts.errors import ConfigError
from gifmcts.models.catalog import ModelSettings, open_model

LIBRARIES = pytest.mark.skipif(find_spec("torch") is not None and find_spec("transformers") is not None, reason="they are installed here")


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("simulatd", "did you mean 'simulated'.*replay, server, simulated, transformers, vllm"),
        ("llama-3-8b", "'server/llama-3-8b'"),
        ("", "no model kind ''"),
        ("simulated/big", "write 'simulated'"),
        ("server", "server/NAME"),
        ("transformers", "transformers/NAME"),
        pytest.param("transformers/org/name", r"pip install 'gifmcts\[transformers\]'", marks=LIBRARIES),
        ("replay", "replay/RUN"),
        ("replay/nowhere/at/all", "nothing to replay at nowhere/at/all"),
    ],
)
def test_what_cannot_be_opened_says_what_can(spec: str, message: str) -> None:
    """Misspelt kinds, bare names and missing recordings end in a usage error with the next step."""
    with pytest.raises(ConfigError, match=message):
        open_model(spec, ModelSettings(), lambda task: (), 0)


def test_every_kind_opens_without_contact() -> None:
    """A model is opened by its kind and name, and nothing is asked of a server yet."""
    settings = ModelSettings(base_url=("http://127.0.0.1:1",))
    assert open_model("simulated", settings, lambda task: (), 0).simulated
    served = open_model("server/org/name", settings, lambda task: (), 0)
    assert (served.name, served.simulated) == ("server/org/name", False)
    assert served.facts()["servers"] == "http://127.0.0.1:1/v1"


@pytest.mark.parametrize(
    "wrong", [{"max_in_flight": 0}, {"request_timeout": 0.0}, {"retry_seconds": -1.0}, {"simulated_latency": -0.1}], ids=str
)
def test_settings_that_cannot_be_meant_are_refused(wrong: dict[str, float]) -> None:
    """The message names the setting."""
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        ModelSettings(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("spec", "settings", "told"),
    [
        ("server/tiny", ModelSettings(vllm_arg=("--seed=1",)), "--vllm-arg is for vllm/NAME and would change nothing of server/NAME"),
        ("simulated", ModelSettings(dtype="bfloat16"), "--dtype is for transformers/NAME"),
        ("vllm/tiny", ModelSettings(dtype="bfloat16"), "leave it away; write --vllm-arg=--dtype=bfloat16 for it"),
        ("vllm/tiny", ModelSettings(device="cuda"), "--device is for transformers/NAME"),
    ],
)
def test_a_setting_that_would_be_ignored_is_refused(spec: str, settings: ModelSettings, told: str) -> None:
    """It would stand in the configuration, or in the user's mind, and change no answer."""
    with pytest.raises(ConfigError, match=told):
        open_model(spec, settings, lambda task: (), 0)


@pytest.mark.parametrize(
    ("name", "told"),
    [("/nowhere/checkpoint", "there is nothing at /nowhere/checkpoint"), ("some/base:tuned", "an adapter after a colon is for vllm/")],
)
def test_a_checkpoint_that_cannot_be_is_told_before_anything_is_loaded(name: str, told: str) -> None:
    """A path without anything, and an adapter, which only a server takes."""
    with pytest.raises(ConfigError, match=told):
        open_model(f"transformers/{name}", ModelSettings(), lambda task: (), 0)
