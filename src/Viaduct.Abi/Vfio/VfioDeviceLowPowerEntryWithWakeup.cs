using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct vfio_device_low_power_entry_with_wakeup, vfio.h:
/// VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY_WITH_WAKEUP.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioDeviceLowPowerEntryWithWakeup
{
    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 8;

    /// <summary>Signalled when the device leaves the low power state.</summary>
    public int WakeupEventfd;

    /// <summary>Reserved.</summary>
    public uint Reserved;
}
