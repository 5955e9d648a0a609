namespace Viaduct.Iommu.Iommufd;

/// <summary>What an id of an iommufd stands for: struct iommufd_object. Under its context's lock.</summary>
internal abstract class IommufdObject
{
    /// <summary>Its number; 0 until it has one.</summary>
    public uint Id { get; set; }

    /// <summary>References: one is the table's, and only with that one left can a client destroy it.</summary>
    public int Users { get; set; } = 1;

    /// <summary>Gives back what it holds; it is in no table any more.</summary>
    public abstract void Destroy();
}
