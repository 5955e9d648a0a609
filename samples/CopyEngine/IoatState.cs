namespace CopyEngine;

/// <summary>A channel's state, bits 2:0 of its status.</summary>
internal enum IoatState
{
    Active = 0,
    Done = 1,
    Suspended = 2,
    Halted = 3,
    Armed = 4,
}
