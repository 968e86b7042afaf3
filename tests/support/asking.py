"""Questions to the model ``tiny`` of servers on loopback."""

from openai_server import OpenAIServer

from gifmcts.models.catalog import ModelSettings, OpenedModel
from gifmcts.models.server import Server
from gifmcts.types import Chat, Completion, Message, Role, Sampling

PROGRAM = "import sys\n\ndef main():\n    for line in sys.stdin:\n        if line:\n            print(line)\n\nmain()\n"
SAMPLING = Sampling(stop=("<never>",))


def model_at(*servers: OpenAIServer, **settings: float) -> OpenedModel:
    """The model ``tiny`` at the servers."""
    urls = tuple(server.url for server in servers)
    return Server.open("tiny", ModelSettings(base_url=urls, **settings), lambda task: (), 0)  # type: ignore[arg-type]


def asked_of(url: str, name: str = "tiny", **settings: object) -> OpenedModel:
    """The model of that name at an address."""
    return Server.open(name, ModelSettings(base_url=(url,), **settings), lambda task: (), 0)  # type: ignore[arg-type]


def continued(prefill: str) -> Chat:
    """A chat that ends in an open prefill."""
    return Chat((Message(Role.SYSTEM, "Write Python."), Message(Role.USER, "A task.  \n"), Message(Role.ASSISTANT, prefill)), "t")


async def ask(model: OpenedModel, *chats: Chat, sampling: Sampling = SAMPLING) -> list[Completion]:
    """The completions of chats, one after another, and the model closed."""
    try:
        return [await model.complete(chat, sampling, 7) for chat in chats]
    finally:
        await model.close()


async def check(model: OpenedModel) -> None:
    """The model's preflight, and the model closed."""
    try:
        await model.preflight()
    finally:
        await model.close()
