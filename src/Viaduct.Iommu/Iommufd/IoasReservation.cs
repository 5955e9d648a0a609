namespace Viaduct.Iommu.Iommufd;

/// <summary>Addresses that cannot be mapped while <paramref name="Owner"/> is there: struct iopt_reserved.</summary>
internal readonly record struct IoasReservation(ulong First, ulong Last, object Owner);
