"""How far the burn factor is from the truth, by days of surge and by k.

    OMP_NUM_THREADS=1 python -m tests.forecast.measure_burn

True factors are lognormal round 1 with a spread of 50 %; daily use is negative binomial, fetched on five or
on two days of seven. Told is the mean of |factor - truth| / truth; k near 0 trusts the days alone, "table"
does not trust them at all. Seeded: it repeats exactly.
"""

from __future__ import annotations

import numpy as np

from forecast.emergency.burn import CREDIBILITY_DAYS, measured_burn

TABLE, PLACES = 40.0, 4000
WORLDS = {
    "every day, size 4": (1.0, 4.0),
    "5 days of 7, size 2": (5 / 7, 2.0),
    "2 days of 7, size 2": (2 / 7, 2.0),
}
KS = (0.001, 2.0, CREDIBILITY_DAYS, 8.0, 16.0, 1e9)
DAYS = (1, 3, 7, 14, 28)


def main() -> None:
    print("world".ljust(22), "days", *(f"k={k:g}".rjust(7) for k in KS[:-1]), "  table")
    for name, (open_share, size) in WORLDS.items():
        rng = np.random.default_rng(5)
        variance = np.log1p(0.25)
        truth = np.exp(rng.normal(-variance / 2, np.sqrt(variance), PLACES))
        shape = (PLACES, max(DAYS))
        fetched = rng.random(shape) < open_share
        level = TABLE * truth[:, None] / open_share
        use = rng.poisson(rng.gamma(size, level / size, shape)) * fetched
        print(name.ljust(22), f"daily spread {float((use / truth[:, None]).std() / TABLE):.2f}")
        for days in DAYS:
            errors = []
            for k in KS:
                found = [measured_burn(row, [TABLE] * days, k=k).factor for row in use[:, :days].tolist()]
                errors.append(float((np.abs(np.array(found) - truth) / truth).mean()))
            print("".ljust(22), f"{days:4d}", *(f"{error:7.3f}" for error in errors))


if __name__ == "__main__":
    main()
