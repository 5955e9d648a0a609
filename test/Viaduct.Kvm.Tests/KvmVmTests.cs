using Viaduct.Abi;
using Viaduct.Kvm.Tests.Infrastructure;

namespace Viaduct.Kvm.Tests;

/// <summary>Rules and figures that Linux 7.3 showed on POWER with pages of 64 KiB.</summary>
public sealed class KvmVmTests : IDisposable
{
    private const ulong Page = 0x10000;

    private readonly TestCaller _caller = new();
    private readonly KvmVm _vm;

    public KvmVmTests() => _vm = new KvmVm(_caller.Memory, 16);

    public void Dispose() => _caller.Dispose();

    [Theory]
    [InlineData(0, 0, 0, 0, 0)]
    [InlineData(0, 0, 0, Page, 0x1000)]
    [InlineData(0, 0, 0x1000, Page, 0)]
    [InlineData(0, 0, 0, 0x1000, 0)]
    [InlineData(0, 2, 0, Page, 0)]
    [InlineData(0, 4, 0, Page, 0)]
    [InlineData(0, 0x100, 0, Page, 0)]
    [InlineData(32767, 0, Page, Page, 0)]
    [InlineData(0x10000, 0, Page, Page, 0)]
    [InlineData(1, 0, 0xffffffffffff0000, Page, 0)]
    [InlineData(1, 0, 0xffffffffffff0000, 2 * Page, 0)]
    [InlineData(2, 0, 0x100000000000, 1UL << 47, 0)]
    [InlineData(2, 0, 0x100000000000, Page, 0xc000000000000000)]
    public void SetUserMemoryRegion_BadSlot_ReturnsEINVAL(uint slot, uint flags, ulong guest, ulong size, ulong offset)
        => Assert.Equal(Errno.EINVAL, Set(slot, flags, guest, size, _caller.Base + offset).Errno);

    [Fact]
    public void SetUserMemoryRegion_OneAfterTheOther_AnswersAsTheKernel()
    {
        var user = _caller.Base;
        Assert.Equal(Errno.None, Set(32766, 0, 0, Page, user).Errno);
        Assert.Equal(Errno.None, Set(512, 0, Page, Page, user).Errno);
        Assert.Equal(Errno.None, Set(32766, 0, 0, Page, user).Errno);
        Assert.Equal(Errno.EINVAL, Set(32766, 0, 0, 2 * Page, user).Errno);
        Assert.Equal(Errno.EINVAL, Set(32766, 0, 0, Page, user + Page).Errno);
        Assert.Equal(Errno.None, Set(32766, 1, 0, Page, user).Errno);
        Assert.Equal(Errno.None, Set(32766, 0, 2 * Page, Page, user).Errno);
        Assert.Equal(Errno.EEXIST, Set(32766, 0, Page, Page, user).Errno);
        Assert.Equal(Errno.EEXIST, Set(1, 0, Page, Page, user).Errno);
        Assert.Equal(Errno.EEXIST, Set(1, 0, 2 * Page, Page, user).Errno);
        Assert.Equal(Errno.None, Set(32766, 0, 2 * Page, 0, 0).Errno);
        Assert.Equal(Errno.EINVAL, Set(32766, 0, 2 * Page, 0, 0).Errno);
        Assert.Equal(Errno.None, Set(2, 0, 0x100000000000, Page, 0x700000000000).Errno);
        Assert.True(_vm.TryFindUserAddress(Page + 5, out var found));
        Assert.Equal(user + 5, found);
        Assert.False(_vm.TryFindUserAddress(0, out _));
        Assert.False(_vm.TryFindUserAddress(2 * Page, out _));
        Assert.True(_vm.TryFindUserAddress(0x10000000ffff, out found));
        Assert.Equal(0x70000000ffffUL, found);
    }

    [Theory]
    [InlineData(16, 0, 0, 0)]
    [InlineData(11, 0, 0, 1)]
    [InlineData(35, 0, 0, 1)]
    [InlineData(12, 1, 0, 1)]
    [InlineData(12, 0, ulong.MaxValue >> 12, 1)]
    public void CreateSpaprTce_BadWindow_ReturnsEINVAL(uint shift, uint flags, ulong offset, ulong size)
        => Assert.Equal(Errno.EINVAL, Create(1, shift, offset, size, flags).Errno);

    [Theory]
    [InlineData(34, 0, 1, 128)]
    [InlineData(12, (ulong.MaxValue >> 12) - 1, 1, 128)]
    [InlineData(12, ulong.MaxValue, 2, 128)]
    [InlineData(12, 0, 8192, 128)]
    [InlineData(12, 0, 8193, 192)]
    [InlineData(12, 0, 8178 * 8192UL, (8178 + 1) * 64)]
    [InlineData(12, 0, 8179 * 8192UL, (8179 + 2) * 64)]
    [InlineData(12, 0, 2097138 * 8192UL, (2097138 + 257 - 1) * 64UL)]
    public void CreateSpaprTce_Window_IsCountedAsTheKernelDoes(uint shift, ulong offset, ulong size, ulong kilobytes)
    {
        Assert.Equal(Errno.None, Create(1, shift, offset, size).Errno);
        Assert.Equal(kilobytes, _caller.Memory.Locked.Pages * 4);
        _vm.Release(_vm.Tables[0]);
        Assert.Equal(0UL, _caller.Memory.Locked.Pages);
        Assert.Empty(_vm.Tables);
    }

    [Theory]
    [InlineData(2097139 * 8192UL)]
    [InlineData(1UL << 40)]
    [InlineData((ulong.MaxValue >> 12) - 1)]
    public void CreateSpaprTce_TooLarge_ReturnsENOMEM(ulong size)
    {
        Assert.Equal(Errno.ENOMEM, Create(1, 12, 0, size).Errno);
        Assert.Equal(0UL, _caller.Memory.Locked.Pages);
    }

    [Fact]
    public void CreateSpaprTce_SameLiobn_ReturnsEBUSY()
    {
        Assert.Equal(Errno.None, Create(1, 12, 0, 1).Errno);
        Assert.Equal(Errno.EBUSY, Create(1, 12, 0, 1).Errno);
        Assert.Equal(Errno.None, Create(1 + (1UL << 32), 12, 0, 1).Errno);
        Assert.Equal(256UL, _caller.Memory.Locked.Pages * 4);
    }

    [Fact]
    public void CreateSpaprTce_BeyondTheLimit_ReturnsENOMEM()
    {
        _caller.Memory.Locked.Enforced = true;
        _caller.MemlockLimit = 32;
        Assert.Equal(Errno.None, Create(1, 12, 0, 1).Errno);

        // The limit comes before the LIOBN.
        Assert.Equal(Errno.ENOMEM, Create(1, 12, 0, 1).Errno);
        _caller.MemlockLimit = 64;
        Assert.Equal(Errno.EBUSY, Create(1, 12, 0, 1).Errno);
    }

    [Theory]
    [InlineData(Hcall.H_PUT_TCE, 1, Errno.None)]
    [InlineData(Hcall.H_PUT_TCE, 2, Errno.EINVAL)]
    [InlineData(0x21, 0, Errno.EINVAL)]
    [InlineData(0x1fff0, 0, Errno.EINVAL)]
    [InlineData(Hcall.H_STUFF_TCE, 1, Errno.None)]
    public void EnableHcall_Arguments_AreChecked(ulong number, ulong enable, Errno expected)
        => Assert.Equal(expected, _vm.EnableHcall(number, enable).Errno);

    private SysResult Create(ulong liobn, uint shift, ulong offset, ulong size, uint flags = 0)
        => _vm.CreateSpaprTce(
            _caller,
            new KvmCreateSpaprTce64 { Liobn = liobn, PageShift = shift, Flags = flags, Offset = offset, Size = size },
            out _);

    private SysResult Set(uint slot, uint flags, ulong guest, ulong size, ulong user)
        => _vm.SetUserMemoryRegion(new KvmUserspaceMemoryRegion
        {
            Slot = slot,
            Flags = flags,
            GuestPhysAddr = guest,
            MemorySize = size,
            UserspaceAddr = user,
        });
}
