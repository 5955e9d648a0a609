namespace Viaduct.Abi;

/// <summary>
/// The parts of an ioctl request number as asm-generic/ioctl.h packs them: number in bits 7:0, type in 15:8, argument
/// size in 29:16, direction in 31:30. POWER has 13 size bits and 3 direction bits instead, see the PowerPc members.
/// </summary>
public static class IoctlNumber
{
    /// <summary>Direction: no argument is copied, _IO().</summary>
    public const uint None = 0;

    /// <summary>Direction: the kernel reads the argument, _IOW().</summary>
    public const uint Write = 1;

    /// <summary>Direction: the kernel writes the argument, _IOR().</summary>
    public const uint Read = 2;

    /// <summary>Greatest argument size that fits, in bytes.</summary>
    public const uint MaxSize = (1 << 14) - 1;

    /// <summary>What _IO() adds to a number on POWER, where "none" is a direction bit: VFIO_GET_API_VERSION is
    /// 0x20003B64 there.</summary>
    public const uint PowerPcNone = 1u << 29;

    /// <summary>Packs a request number, as _IOC() does.</summary>
    /// <param name="direction"><see cref="None"/>, or any of <see cref="Read"/> and <see cref="Write"/>.</param>
    /// <param name="type">The family, 0 to 255.</param>
    /// <param name="number">The number in the family, 0 to 255.</param>
    /// <param name="size">Bytes of the argument, at most <see cref="MaxSize"/>.</param>
    public static uint Encode(uint direction, uint type, uint number, uint size)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(direction, Read | Write);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(type, 0xFFu);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(number, 0xFFu);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, MaxSize);
        return direction << 30 | size << 16 | type << 8 | number;
    }

    /// <summary>The number in the family, _IOC_NR().</summary>
    public static uint Number(uint request) => request & 0xFF;

    /// <summary>The family, _IOC_TYPE().</summary>
    public static uint Type(uint request) => request >> 8 & 0xFF;

    /// <summary>Bytes of the argument, _IOC_SIZE(); 0 in all of VFIO and iommufd.</summary>
    public static uint Size(uint request) => request >> 16 & MaxSize;

    /// <summary>The direction, _IOC_DIR().</summary>
    public static uint Direction(uint request) => request >> 30;

    /// <summary>The same request in POWER's encoding.</summary>
    /// <param name="request">A number in the asm-generic encoding, its size below 8192.</param>
    public static uint ToPowerPc(uint request)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Size(request), MaxSize >> 1);
        var direction = Direction(request) switch
        {
            None => 1u,
            Write => 4u,
            Read => 2u,
            _ => 6u,
        };
        return direction << 29 | request & 0x1FFFFFFF;
    }
}
