"""A training function of one's own: Adam for a few epochs, instead of the default recipe.

    python -m backend search --config configs/quick_look.toml --study look
    python -m backend train look --top 3 --epochs 5 --recipe configs/examples/train_adam.py:train

It is called with an architecture and a task (``backend.training.own.TrainingTask``), and returns the metric.
"""

import torch


def train(architecture, task):
    """Train on all of `task.batch`, and return the accuracy (%) on `task.held_out`."""
    network = task.build(architecture)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    generator = torch.Generator().manual_seed(task.seed)
    accuracy = 0.0
    for _ in range(task.epochs):
        network.train()
        total = 0.0
        for positions in torch.randperm(task.count, generator=generator).split(64):
            images, labels = task.batch[positions].to(task.device), task.labels[positions].to(task.device)
            loss = task.loss(task.forward(network, images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(positions)
        network.eval()
        with torch.inference_mode():
            found = task.forward(network, task.held_out.batch.to(task.device)).argmax(1).cpu()
        accuracy = 100 * (found == task.held_out.labels).float().mean().item()
        # A point of the curve; ends the training where a stop was asked for.
        task.report(accuracy, total / task.count)
    return accuracy
