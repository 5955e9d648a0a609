namespace Viaduct.Iommu;

/// <summary>Listens to one device's DMA. Called on the thread that does the transfer, which it must not hold
/// up.</summary>
public interface IDmaObserver
{
    /// <summary>Bytes that moved in one direction.</summary>
    void Transferred(DmaAccess access, ulong address, ulong length);

    /// <summary>A transfer that the IOMMU refused.</summary>
    void Faulted(in DmaResult result);
}
