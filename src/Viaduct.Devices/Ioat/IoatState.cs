namespace Viaduct.Devices.Ioat;

/// <summary>What a channel does: CHANSTS bits 2:0.</summary>
public enum IoatState : byte
{
    /// <summary>It works on descriptors.</summary>
    Active = 0,

    /// <summary>It has done as many as DMACOUNT says.</summary>
    Idle = 1,

    /// <summary>Software suspended it.</summary>
    Suspended = 2,

    /// <summary>An error, an abort or a reset stopped it, or it was never started.</summary>
    Halted = 3,

    /// <summary>It has a chain, and waits for DMACOUNT.</summary>
    Armed = 4,
}
