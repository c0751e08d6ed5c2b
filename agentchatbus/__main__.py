"""``python -m agentchatbus``."""

from agentchatbus.cli import main

if __name__ == "__main__":
    main(prog_name="agentchatbus")
