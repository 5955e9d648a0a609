namespace Viaduct.Devices.Nvme;

/// <summary>Which way a job moves the data of a command that moves blocks.</summary>
internal enum BackgroundMove
{
    /// <summary>It moves none.</summary>
    None,

    /// <summary>From storage into the job's buffer.</summary>
    Read,

    /// <summary>From the job's buffer to storage.</summary>
    Write,
}
