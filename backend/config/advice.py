"""What a search file says twice, and differently: one line each, with what is done about it."""

from backend import costs as hardware
from backend.config.model import SearchConfig
from backend.config.objectives import Objectives, sampler_used
from backend.config.sections import BLIND_SAMPLERS


def notices(config: SearchConfig) -> list[str]:
    """Lines for the log and the page, one a contradiction; empty for a file that has none."""
    return [
        *config.search_space.notices(),
        *_goals(config),
        *_costs(config),
        *_strategy(config),
        *_sampler(config),
        *_scores(config),
    ]


def _goals(config: SearchConfig) -> list[str]:
    listed, goals = config.runner.metrics, config.strategy.metrics
    computed = [name for name in config.proxy_names if name not in listed]
    idle = [n for n, goal in goals.items() if not goal.scale and n not in _recorded_by_goal(config)]
    recorded = [name for name in listed if name not in goals]
    lines = []
    if computed:
        lines.append(f"{_join(computed)}: given a scale but not in the runner's metrics: computed all the same.")
    if idle:
        lines.append(f"{_join(idle)}: scale 0 and not in the runner's metrics: not computed.")
    if recorded:
        lines.append(f"{_join(recorded)}: in the runner's metrics without a scale: recorded, not optimised.")
    return lines


def _recorded_by_goal(config: SearchConfig) -> list[str]:
    """What is recorded with a scale of 0."""
    return [*config.runner.metrics, *config.hardware_metrics, *config.ensemble_metrics]


def _costs(config: SearchConfig) -> list[str]:
    lines = []
    bounded = {constraint.metric for constraint in config.constraints}
    listed_twice = [n for n in config.strategy.hw_runner.costs if n in config.runner.metrics and n not in bounded]
    if listed_twice:
        lines.append(f"{_join(listed_twice)}: listed by both runners: recorded once, as a proxy.")
    goals = config.strategy.metrics
    turned = [
        n
        for n in config.hardware_metrics
        if n in goals and goals[n].scale and goals[n].direction != hardware.get(n).better
    ]
    if turned:
        lines.append(f"{_join(turned)}: optimised the wrong way: what is worse on the device counts as better.")
    if config.constraints and config.setup.sampler in BLIND_SAMPLERS:
        lines.append(
            f"Sampler {config.setup.sampler} does not learn from constraints: it draws what breaks them as often as "
            "anything, and the search passes over those without scoring them."
        )
    return lines


def _strategy(config: SearchConfig) -> list[str]:
    lines = []
    if config.strategy.eval_mode:
        lines.append("eval_mode is true but zero-cost proxies need a training batch: train mode is used.")
    if config.setup.direction and not config.setup.sum_scaled_metrics:
        lines.append("direction is ignored: with sum_scaled_metrics = false each metric has its own.")
    if config.setup.sum_scaled_metrics:
        turned = [n for n, g in config.strategy.metrics.items() if g.scale and g.direction != config.setup.direction]
        if turned:
            lines.append(f"{_join(turned)}: other direction than the sum's: subtracted from it.")
    return lines


def _scores(config: SearchConfig) -> list[str]:
    if config.runner.scores == "compute":
        return []
    return ["Scores come from a table: num_samples, images, data_loader and device are the table's, not the file's."]


def _sampler(config: SearchConfig) -> list[str]:
    used = sampler_used(config)
    if used == config.setup.sampler:
        return []
    many = len(Objectives(config).names)
    return [
        f"Sampler {config.setup.sampler} with {many} objectives runs as {used}: it learns from "
        "their sum of log ranks, as hypervolumes of so many would take seconds, then minutes, a trial."
    ]


def _join(names: list[str]) -> str:
    return ", ".join(names)
