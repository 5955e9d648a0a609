namespace Viaduct.Driver.Suite;

/// <summary>The devices that cases are written for.</summary>
[Flags]
internal enum DeviceKind
{
    /// <summary>QEMU's edu.</summary>
    Edu = 1,

    /// <summary>An NVMe controller.</summary>
    Nvme = 2,

    /// <summary>Either.</summary>
    Any = Edu | Nvme,
}
