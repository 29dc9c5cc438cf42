from __future__ import annotations

import os
from dataclasses import dataclass, field


def _flag(name: str, default: bool = False) -> bool:
    return os.environ.get(name, str(default)).lower() in {"1", "true", "yes", "on"}


@dataclass(frozen=True)
class Settings:
    database_url: str = field(default_factory=lambda: os.environ["DATABASE_URL"])
    redis_url: str = field(default_factory=lambda: os.environ.get("REDIS_URL", "redis://localhost:6379/0"))
    secret_key: str = field(default_factory=lambda: os.environ["SECRET_KEY"], repr=False)
    debug: bool = field(default_factory=lambda: _flag("DEBUG"))
    workers: int = field(default_factory=lambda: int(os.environ.get("WEB_CONCURRENCY", 2)))

    def __post_init__(self):
        if len(self.secret_key) < 16:
            raise ValueError("SECRET_KEY is too short")


settings = Settings()
print(settings)
