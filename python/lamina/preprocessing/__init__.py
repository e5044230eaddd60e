"""What older programs import from here; `lamina.utils` has it."""

from lamina.preprocessing import sequence as sequence
