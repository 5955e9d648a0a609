namespace Viaduct.Supervisor.X86;

/// <summary>How a device answered one access.</summary>
public enum MmioStatus
{
    /// <summary>The device took the data, or gave it.</summary>
    Ok,

    /// <summary>Nothing answered: the program gets SIGBUS.</summary>
    BusError,
}
