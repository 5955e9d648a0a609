namespace Viaduct.Devices.Nvme.Storage;

/// <summary>How an access to a namespace's bytes ended.</summary>
public enum StorageResult
{
    /// <summary>Done.</summary>
    Ok,

    /// <summary>The bytes cannot be read, or cannot be written.</summary>
    Failed,

    /// <summary>There is no room for what was to be written.</summary>
    NoSpace,

    /// <summary>It would have to wait, and is not done: what was to be read is anything.</summary>
    WouldWait,
}
