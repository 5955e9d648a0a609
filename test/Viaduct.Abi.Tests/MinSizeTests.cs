using Viaduct.Abi.Tests.Infrastructure;

namespace Viaduct.Abi.Tests;

/// <summary>
/// The least argsz or size that an ioctl takes. No header says it: each row names the last field that Linux 7.3 insists
/// on, found by calling a real kernel with sizes from 0 up until it no longer answered EINVAL.
/// </summary>
public class MinSizeTests
{
    // Structs that must be there as a whole.
    private static readonly HashSet<Type> s_whole =
    [
        typeof(VfioGroupStatus), typeof(VfioRegionInfo), typeof(VfioIrqInfo), typeof(VfioIrqSet),
        typeof(VfioPciHotResetInfo), typeof(VfioPciHotReset), typeof(VfioDeviceFeature), typeof(VfioPrecopyInfo),
        typeof(VfioIommuType1DmaMap), typeof(VfioIommuType1DmaUnmap), typeof(VfioIommuType1DirtyBitmap),
        typeof(VfioIommuSpaprRegisterMemory), typeof(VfioIommuSpaprTceCreate), typeof(VfioIommuSpaprTceRemove),
        typeof(IommuDestroy), typeof(IommuIoasAlloc), typeof(IommuIoasIovaRanges), typeof(IommuIoasAllowIovas),
        typeof(IommuIoasMap), typeof(IommuIoasNoiommuGetPa), typeof(IommuIoasMapFile), typeof(IommuIoasCopy),
        typeof(IommuIoasUnmap), typeof(IommuOption), typeof(IommuVfioIoas), typeof(IommuHwptSetDirtyTracking),
        typeof(IommuHwptGetDirtyBitmap), typeof(IommuHwptInvalidate), typeof(IommuFaultAlloc),
        typeof(IommuVdeviceAlloc), typeof(IommuIoasChangeProcess), typeof(IommuHwQueueAlloc),
    ];

    // Structs that grew after their ioctl came, and the last field that is older.
    private static readonly Dictionary<Type, string> s_grown = new()
    {
        [typeof(VfioDeviceInfo)] = nameof(VfioDeviceInfo.NumIrqs),
        [typeof(VfioDeviceIoeventfd)] = nameof(VfioDeviceIoeventfd.Fd),
        [typeof(VfioDeviceBindIommufd)] = nameof(VfioDeviceBindIommufd.OutDevId),
        [typeof(VfioDeviceAttachIommufdPt)] = nameof(VfioDeviceAttachIommufdPt.PtId),
        [typeof(VfioDeviceDetachIommufdPt)] = nameof(VfioDeviceDetachIommufdPt.Flags),
        [typeof(VfioIommuType1Info)] = nameof(VfioIommuType1Info.IovaPgsizes),
        [typeof(VfioIommuSpaprTceInfo)] = nameof(VfioIommuSpaprTceInfo.Dma32WindowSize),
        [typeof(VfioEehPeOp)] = nameof(VfioEehPeOp.Op),
        [typeof(IommuHwptAlloc)] = nameof(IommuHwptAlloc.Reserved),
        [typeof(IommuHwInfo)] = nameof(IommuHwInfo.Reserved),
        [typeof(IommuViommuAlloc)] = nameof(IommuViommuAlloc.OutViommuId),
        [typeof(IommuVeventqAlloc)] = nameof(IommuVeventqAlloc.OutVeventqFd),
    };

    public static TheoryData<Type> WithMinSize =>
        [.. AbiAssembly.Structs.Where(type => AbiAssembly.Constant(type, "MinSize") is not null)];

    [Theory]
    [MemberData(nameof(WithMinSize))]
    public void MinSize_IsTheEndOfTheLastFieldDemanded(Type type)
    {
        var expected = s_grown.TryGetValue(type, out var last) ? EndOf(type, last) : ManagedLayout.SizeOf(type);
        Assert.True(s_grown.ContainsKey(type) || s_whole.Contains(type), $"{type.Name} is not in either list");
        Assert.Equal(expected, AbiAssembly.Constant(type, "MinSize"));
    }

    [Fact]
    public void MinSize_IsOnEveryStructListed() =>
        Assert.All(s_whole.Concat(s_grown.Keys), type => Assert.NotNull(AbiAssembly.Constant(type, "MinSize")));

    private static int EndOf(Type type, string name)
    {
        var field = AbiAssembly.Fields(type).Single(f => f.Name == name);
        return ManagedLayout.OffsetOf(field) + ManagedLayout.SizeOf(field.FieldType);
    }
}
