"""What looks like vLLM from outside: it takes its flags, loads for a moment, has an engine in a session of its own, and can die.

Flags of its own: ``--fails WORDS`` ends it while it loads, with these in its log; ``--dies-after N`` kills it after N answers, each time
that it is started.
"""

import argparse
import json
import os
import signal
import subprocess
import sys

from openai_server import OpenAIServer, continuing

from gifmcts.types import Chat, Completion, Sampling


def main() -> None:
    """Serve until the end."""
    parser = argparse.ArgumentParser()
    for flag in ("--host", "--model", "--lora-modules", "--max-lora-rank"):
        parser.add_argument(flag)
    parser.add_argument("--port", type=int)
    parser.add_argument("--served-model-name")
    parser.add_argument("--max-model-len", type=int, default=100_000)
    parser.add_argument("--dies-after", type=int, default=1_000_000)
    parser.add_argument("--fails")
    flags = ("--enable-prompt-tokens-details", "--disable-uvicorn-access-log", "--no-enable-chunked-prefill", "--enable-lora")
    for flag in flags:
        parser.add_argument(flag, action="store_true")
    given = parser.parse_args()
    print("arguments:", *sys.argv[1:], flush=True)
    print("GIFMCTS_API_KEY" in os.environ or "OPENAI_API_KEY" in os.environ, flush=True)
    engine = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(200)", "VLLM::EngineCore"], start_new_session=True)
    if given.fails:
        print(f"INFO nothing yet\n{given.fails}\nRuntimeError: See root cause above.")
        sys.exit(1)
    adapters = (json.loads(given.lora_modules)["name"],) if given.lora_modules else ()
    left = given.dies_after

    async def answer(chat: Chat, sampling: Sampling, seed: int) -> Completion:
        nonlocal left
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1
        return await continuing("print(1)\n")(chat, sampling, seed)

    server = OpenAIServer(
        answer, models=(given.served_model_name, *adapters), context=given.max_model_len, key=os.environ["VLLM_API_KEY"], port=given.port
    )
    with server:
        engine.wait()


if __name__ == "__main__":
    main()
