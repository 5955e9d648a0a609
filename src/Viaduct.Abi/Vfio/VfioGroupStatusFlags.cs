namespace Viaduct.Abi;

/// <summary><see cref="VfioGroupStatus.Flags"/>, vfio.h.</summary>
[Flags]
public enum VfioGroupStatusFlags : uint
{
    /// <summary>No bit set.</summary>
    None = 0,

    /// <summary>Every device of the group is bound to VFIO or to nothing.</summary>
    VFIO_GROUP_FLAGS_VIABLE = 1 << 0,

    /// <summary>The group is in a container.</summary>
    VFIO_GROUP_FLAGS_CONTAINER_SET = 1 << 1,
}
