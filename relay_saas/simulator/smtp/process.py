"""The process that plays the SMTP servers of its share of the providers."""

from relay_saas.simulator.lifeline import say_ready, until_terminated
from relay_saas.simulator.options import Options
from relay_saas.simulator.profiles.loader import load_scenario
from relay_saas.simulator.smtp.server import SmtpServers


async def serve(options: Options, number: int, ready: int) -> None:
    """Take mail until TERM; a provider lives wholly in one process, so that its limits hold."""
    providers = load_scenario(options.scenario).providers[number - 1 :: options.smtp_processes]
    servers = SmtpServers(providers, folder=options.folder, number=number, seed=options.seed)
    await servers.start(options.smtp_port)
    say_ready(ready)
    await until_terminated()
    await servers.stop()
