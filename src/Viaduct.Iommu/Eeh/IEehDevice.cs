namespace Viaduct.Iommu.Eeh;

/// <summary>A device of an endpoint, for what error handling does to it. The VFIO core's lock is held.</summary>
public interface IEehDevice
{
    /// <summary>The bus's reset line is pulled: what the host needs of the device's configuration is kept.</summary>
    void AssertReset();

    /// <summary>The reset is over: the configuration comes back.</summary>
    void Restore();

    /// <summary>A memory BAR of the device has an address.</summary>
    /// <param name="address">A bus address.</param>
    bool HasMemory(ulong address);
}
