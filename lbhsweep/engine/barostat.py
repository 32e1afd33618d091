"""The isothermal–isobaric barostat with stochastic velocity rescaling.

Bussi, Zykova-Timan and Parrinello, J. Chem. Phys. 130, 074101 (2009),
https://doi.org/10.1063/1.3073889.  With η the strain rate, V the volume and W the inertia::

    dr/dt = v + η r        dv/dt = F/m - η v        dV/dt = 3 V η
    W dη/dt = 3 [V (P_int - P) + 2 k_B T]           P_int = (2K + tr W_virial)/(3V)

The constant 2 k_B T takes the place of the factor (1 + 3/N_f) of Martyna, Tobias and Klein
(1994): one k_B T makes up for the volume of phase space, the other for the centre of mass, whose
motion is fixed.  So volumes are distributed as V^N exp(-PV/k_BT) for N free particles, exactly,
and H = K + U + PV + Wη²/2 - 2 k_B T ln V is conserved but for what the heat baths give.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from lbhsweep.engine import random
from lbhsweep.units import BOLTZMANN


@dataclass(frozen=True, slots=True)
class Barostat:
    """An isotropic piston: one strain rate η for all directions.

    Attributes
    ----------
    pressure : float
        Target in kJ/mol/Å³.
    inertia : float
        W in kJ/mol ps².
    friction : float
        Rate in 1/ps at which the piston's own heat bath forgets η.
    """

    pressure: float
    inertia: float
    friction: float

    @classmethod
    def with_time(cls, pressure: float, time: float, freedom: int, temperature: float) -> Barostat:
        """Choose the inertia so that the volume answers within `time` ps.

        W = (N_f + 3) k_B T τ².  The piston's friction is 5/τ: a solid of some 10 GPa swings with
        6/τ, so that the swing of a start dies out within τ and is not yet overdamped.
        """
        return cls(pressure, (freedom + 3) * BOLTZMANN * temperature * time**2, 5.0 / time)

    def kick(
        self, eta: float, duration: float, temperature: float, pv_internal: float, volume: float
    ) -> float:
        """Accelerate the piston for `duration` ps.

        Parameters
        ----------
        eta : float
            Strain rate before, 1/ps.
        duration : float
            ps.
        temperature : float
            K.
        pv_internal : float
            P_int V = (2K + tr W_virial)/3 in kJ/mol.
        volume : float
            Å³.

        Returns
        -------
        float
            Strain rate after, 1/ps.
        """
        push = pv_internal - self.pressure * volume + 2.0 * BOLTZMANN * temperature
        return eta + 3.0 * duration * push / self.inertia

    def steady_work(self, eta: float, duration: float, temperature: float) -> float:
        """Work in kJ/mol of the constant push while the cell strains: 2 k_B T Δ(ln V)."""
        return 6.0 * BOLTZMANN * temperature * eta * duration

    def thermalise(
        self, eta: float, duration: float, temperature: float, seed: int, step: int, stream: int
    ) -> float:
        """Couple the piston to its heat bath: exact Ornstein–Uhlenbeck propagation of η."""
        decay = math.exp(-self.friction * duration)
        spread = math.sqrt((1.0 - decay**2) * BOLTZMANN * temperature / self.inertia)
        return decay * eta + spread * float(random.normals(seed, step, stream, 0)[0])

    def kinetic_energy(self, eta: float) -> float:
        """Kinetic energy of the piston in kJ/mol."""
        return 0.5 * self.inertia * eta**2
