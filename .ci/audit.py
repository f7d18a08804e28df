"""Known vulnerabilities of the locked dependencies: `python .ci/audit.py`.

It exits with 1 where there is one. Where pip-audit cannot be installed, or the advisories cannot be
had, it says so and passes. An index without advisories answers "not found" for every package: that
is told apart from a package without vulnerabilities.
"""

import json
import subprocess
import sys
from pathlib import Path

LOCK = Path(__file__).parent.parent / "requirements-dev.lock"
AUDIT = [
    "pip_audit",
    "--requirement",
    str(LOCK),
    "--no-deps",
    "--disable-pip",
    "--progress-spinner",
    "off",
]
SECONDS = 180


def main() -> int:
    """Audit the lock file, and say in one line what came of it."""
    install = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "pip-audit",
    ]
    if subprocess.run(install, capture_output=True, check=False).returncode:
        return report("not done: pip-audit could not be installed")
    try:
        command = [sys.executable, "-m", *AUDIT, "--timeout", "10", "--format", "json"]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
        entries = json.loads(ran.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError, KeyError):
        return report("not done: the advisory service could not be reached")
    known = [entry for entry in entries if "skip_reason" not in entry]
    if not known:
        return report(
            f"not done: the advisory service answered for none of {len(entries)} packages"
        )
    found = [(entry, flaw) for entry in known for flaw in entry["vulns"]]
    lines = [
        f"{entry['name']} {entry['version']}: {flaw['id']}, mended in {flaw['fix_versions']}"
        for entry, flaw in found
    ]
    sys.stdout.writelines(f"  {line}\n" for line in lines)
    looked_up = f"{len(known)} of {len(entries)} packages that could be looked up"
    report(f"{len(found)} known vulnerabilities in {looked_up}")
    return 1 if found else 0


def report(outcome: str) -> int:
    """Print what came of the audit; 0, because it is no failure."""
    sys.stdout.write(f"audit of {LOCK.name}: {outcome}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
