import torch
from pathlib import Path
from torch import nn

net = nn.Sequential(nn.Linear(16, 64), nn.ReLU(), nn.Linear(64, 1))
optim = torch.optim.AdamW(net.parameters(), lr=1e-3)
checkpoint, start = Path("runs/last.pt"), 0

if checkpoint.exists():
    state = torch.load(checkpoint, map_location="cpu")
    net.load_state_dict(state["net"])
    optim.load_state_dict(state["optim"])
    start = state["epoch"] + 1

for epoch in range(start, 50):
    x = torch.randn(256, 16)
    loss = nn.functional.mse_loss(net(x), x.sum(1, keepdim=True))
    optim.zero_grad()
    loss.backward()
    optim.step()
    torch.save({"net": net.state_dict(), "optim": optim.state_dict(), "epoch": epoch}, checkpoint)
print(loss.item())
