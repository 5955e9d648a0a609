using Viaduct.Abi;

namespace Viaduct.Iommu.Tests;

/// <summary>What the kernel checks of every command, and objects and their ids.</summary>
public sealed class IommufdDispatchTests
{
    private readonly IommufdRig _rig = new();

    [Theory]
    [InlineData(0x3b00u)]
    [InlineData(0x3b67u)]
    [InlineData(0x3b7fu)]
    [InlineData(0x3b96u)]
    [InlineData(0x3bffu)]
    [InlineData(0x83b81u)]
    [InlineData(0xc0003b81u)]
    public void A_number_that_is_no_command_is_ENOTTY(uint command)
        => Assert.Equal(Errno.ENOTTY, _rig.Call(command, 12u));

    [Fact]
    public void The_size_is_read_before_the_rest_of_the_number_counts()
        => Assert.Equal(Errno.EFAULT, _rig.Context.Ioctl(_rig.Task, 0xc0003b81, 0).Errno);

    [Fact]
    public void Every_command_checks_its_size_and_what_lies_behind()
    {
        for (var number = IommufdIoctl.IOMMU_DESTROY; number <= IommufdIoctl.IOMMU_IOAS_NOIOMMU_GET_PA; number++)
        {
            Assert.Equal(Errno.EINVAL, _rig.Call(number, 7u));
            _rig.Memory.Bytes.AsSpan(0, 4096).Clear();
            _rig.Memory.Bytes[99] = 1;
            Assert.Equal(Errno.E2BIG, _rig.Call(number, 100u));
            _rig.Memory.Bytes[99] = 0;
            _rig.Memory.Holes.Add(FakeMemory.Page(1) / 4096);
            Assert.Equal(Errno.EFAULT, _rig.Call(number, 5000u));
            _rig.Memory.Holes.Clear();
        }
    }

    [Fact]
    public void A_new_object_gets_the_lowest_free_id_from_one()
    {
        Assert.Equal([1u, 2u, 3u], [_rig.AllocateIoas(), _rig.AllocateIoas(), _rig.AllocateIoas()]);
        Assert.Equal(Errno.None, _rig.Destroy(2));
        Assert.Equal(Errno.None, _rig.Destroy(1));
        Assert.Equal(Errno.ENOENT, _rig.Destroy(1));
        Assert.Equal([1u, 2u, 4u], [_rig.AllocateIoas(), _rig.AllocateIoas(), _rig.AllocateIoas()]);
        Assert.Equal(Errno.ENOENT, _rig.Destroy(0));
        Assert.Equal(Errno.ENOENT, _rig.Destroy(uint.MaxValue));
    }

    [Fact]
    public void An_allocation_that_cannot_be_told_leaves_no_object()
    {
        _rig.Memory.TryWrite(IommufdRig.Argument, new IommuIoasAlloc { Size = IommuIoasAlloc.StructSize });
        _rig.Memory.ReadOnly.Add(IommufdRig.Argument / 4096);
        Assert.Equal(Errno.EFAULT, _rig.Context.Ioctl(_rig.Task, IommufdIoctl.IOMMU_IOAS_ALLOC, IommufdRig.Argument).Errno);
        _rig.Memory.ReadOnly.Clear();
        Assert.Equal(Errno.ENOENT, _rig.Destroy(1));
        Assert.Equal(1u, _rig.AllocateIoas());
    }

    [Fact]
    public void There_is_an_end_to_objects()
    {
        for (var i = 1u; i <= 65536u; i++)
        {
            Assert.Equal(i, _rig.AllocateIoas());
        }

        var alloc = new IommuIoasAlloc { Size = IommuIoasAlloc.StructSize };
        Assert.Equal(Errno.ENOMEM, _rig.Call(IommufdIoctl.IOMMU_IOAS_ALLOC, alloc));
    }
}
