using Viaduct.Devices.Edu;
using Viaduct.Devices.Tests.Infrastructure;
using Viaduct.Iommu;
using Viaduct.Pci.Hardware;

namespace Viaduct.Devices.Tests.Edu;

/// <summary>The expected values of the register tests are what QEMU 11.1's edu answered to loads and stores under a real
/// kernel.</summary>
public sealed class EduFunctionTests
{
    private const ulong Address = Host.MemoryAddress;
    private const int MsiFlags = 0x42;
    private readonly Host _host = new();
    private readonly EduFunction _edu;

    public EduFunctionTests() => _edu = _host.Plug(new EduFunction(_host.Services));

    [Fact]
    public void Config_AfterPowerOn_IsQemus()
    {
        Assert.Equal(0x11e81234u, _edu.ReadConfig(0x00, 4));
        Assert.Equal(0x00ff0010u, _edu.ReadConfig(0x08, 4));
        Assert.Equal(0x11001af4u, _edu.ReadConfig(0x2c, 4));
        Assert.Equal(0x40u, _edu.ReadConfig(0x34, 1));
        Assert.Equal(0x01u, _edu.ReadConfig(0x3d, 1));
        Assert.Equal(0x00800005u, _edu.ReadConfig(0x40, 4));
        Assert.Equal(256, _edu.ConfigSize);
    }

    [Fact]
    public void Config_BehindMsi_IsMemoryThatOutlivesAFunctionReset()
    {
        _edu.WriteConfig(0x4e, 2, 0xbeef);
        _edu.WriteConfig(0xff, 1, 0x5a);
        _edu.Reset(PciResetKind.Function);
        Assert.Equal(0xbeefu, _edu.ReadConfig(0x4e, 2));
        Assert.Equal(0x5au, _edu.ReadConfig(0xff, 1));
    }

    [Theory]
    [InlineData(PciResetKind.Function)]
    [InlineData(PciResetKind.Bus)]
    public void Reset_ButPowerOn_LeavesRegistersAndLowersTheLine(PciResetKind kind)
    {
        _edu.WriteBar(0, 0x04, 4, 5);
        _edu.WriteBar(0, 0x60, 4, 1);
        Assert.True(_host.Interrupts.Intx);
        _edu.Reset(kind);
        Assert.Equal(~5u, _edu.ReadBar(0, 0x04, 4));
        Assert.Equal(1u, _edu.ReadBar(0, 0x24, 4));
        Assert.False(_host.Interrupts.Intx);
    }

    [Theory]
    [InlineData(0x00, 0x010000ed, ulong.MaxValue)]
    [InlineData(0x08, 0, ulong.MaxValue)]
    [InlineData(0x10, 0xffffffff, ulong.MaxValue)]
    [InlineData(0x20, 0, ulong.MaxValue)]
    [InlineData(0x28, 0xffffffff, ulong.MaxValue)]
    [InlineData(0x60, 0xffffffff, ulong.MaxValue)]
    [InlineData(0x80, 0, 0)]
    [InlineData(0x88, 0, 0)]
    [InlineData(0x90, 0, 0)]
    [InlineData(0x98, 0, 0)]
    [InlineData(0xa0, 0xffffffff, ulong.MaxValue)]
    [InlineData(0x40000, 0xffffffff, ulong.MaxValue)]
    [InlineData(0xffff8, 0xffffffff, ulong.MaxValue)]
    public void Read_ByWidth_AnswersAsQemus(ulong offset, ulong dword, ulong qword)
    {
        Assert.Equal(0UL, _edu.ReadBar(0, offset, 1));
        Assert.Equal(0UL, _edu.ReadBar(0, offset, 2));
        Assert.Equal(dword, _edu.ReadBar(0, offset, 4));
        Assert.Equal(qword, _edu.ReadBar(0, offset, 8));
    }

    [Theory]
    [InlineData(0x04, 0)]
    [InlineData(0x24, 0xffffffff_00000000)]
    [InlineData(0x7c, 0x00000000_ffffffff)]
    [InlineData(0x84, 0x00000000_ffffffff)]
    [InlineData(0x9c, ulong.MaxValue)]
    public void Read_EightBytesUnaligned_IsTwoOfFour(ulong offset, ulong expected)
        => Assert.Equal(expected, _edu.ReadBar(0, offset, 8));

    [Fact]
    public void Liveness_InvertsWhatIsWritten()
    {
        _edu.WriteBar(0, 0x04, 4, 0x12345678);
        Assert.Equal(0xedcba987UL, _edu.ReadBar(0, 0x04, 4));
        _edu.WriteBar(0, 0x04, 1, 0);
        _edu.WriteBar(0, 0x04, 2, 0);
        Assert.Equal(0xedcba987UL, _edu.ReadBar(0, 0x04, 4));
    }

    [Fact]
    public void DmaRegister_WrittenWithFourBytes_LosesItsUpperHalf()
    {
        _edu.WriteBar(0, 0x80, 8, 0x1122334455667788);
        Assert.Equal(0x55667788UL, _edu.ReadBar(0, 0x80, 4));
        Assert.Equal(0x1122334455667788UL, _edu.ReadBar(0, 0x80, 8));
        _edu.WriteBar(0, 0x80, 4, 0xaabbccdd);
        _edu.WriteBar(0, 0x84, 4, 0x99);
        Assert.Equal(0xaabbccddUL, _edu.ReadBar(0, 0x80, 8));
    }

    [Theory]
    [InlineData(0u, 1u)]
    [InlineData(1u, 1u)]
    [InlineData(5u, 120u)]
    [InlineData(12u, 479001600u)]
    [InlineData(13u, 1932053504u)]
    [InlineData(33u, 2147483648u)]
    [InlineData(34u, 0u)]
    [InlineData(40u, 0u)]
    [InlineData(uint.MaxValue, 0u)]
    public void Factorial_IsComputedModulo32Bits(uint number, uint expected)
    {
        _edu.WriteBar(0, 0x08, 4, number);
        Assert.Equal(1UL, _edu.ReadBar(0, 0x20, 4));
        Assert.Equal(number, _edu.ReadBar(0, 0x08, 4));
        _host.Executor.RunAll();
        Assert.Equal(0UL, _edu.ReadBar(0, 0x20, 4));
        Assert.Equal(expected, _edu.ReadBar(0, 0x08, 4));
    }

    [Fact]
    public void Factorial_WhileComputing_TakesNoOtherNumber()
    {
        _edu.WriteBar(0, 0x08, 4, 4);
        _edu.WriteBar(0, 0x08, 4, 5);
        _host.Executor.RunAll();
        Assert.Equal(24UL, _edu.ReadBar(0, 0x08, 4));
    }

    [Fact]
    public void Status_TakesOnlyItsInterruptBit()
    {
        _edu.WriteBar(0, 0x20, 4, 0xff);
        Assert.Equal(0x80UL, _edu.ReadBar(0, 0x20, 4));
        _edu.WriteBar(0, 0x08, 4, 3);
        _host.Executor.RunAll();
        Assert.Equal(1UL, _edu.ReadBar(0, 0x24, 4));
        Assert.True(_host.Interrupts.Intx);
    }

    [Fact]
    public void Interrupts_RaisedAndAcknowledged_DriveIntx()
    {
        _edu.WriteBar(0, 0x60, 4, 0);
        Assert.False(_host.Interrupts.Intx);
        _edu.WriteBar(0, 0x60, 4, 0x10001);
        Assert.Equal(0x10001UL, _edu.ReadBar(0, 0x24, 4));
        Assert.True(_host.Interrupts.Intx);
        _edu.WriteBar(0, 0x64, 4, 1);
        Assert.Equal(0x10000UL, _edu.ReadBar(0, 0x24, 4));
        Assert.True(_host.Interrupts.Intx);
        _edu.WriteBar(0, 0x64, 4, 0xffffffff);
        Assert.False(_host.Interrupts.Intx);
        Assert.Equal(0, _host.Interrupts.Messages);
    }

    [Fact]
    public void Interrupts_WithMsi_SendAMessageForEachRaise()
    {
        _edu.WriteConfig(MsiFlags, 2, 1);
        _edu.WriteBar(0, 0x60, 4, 1);
        _edu.WriteBar(0, 0x60, 4, 2);
        Assert.Equal(2, _host.Interrupts.Messages);
        Assert.Equal(0, _host.Interrupts.LastVector);
        Assert.False(_host.Interrupts.Intx);
        Assert.Equal(3UL, _edu.ReadBar(0, 0x24, 4));
    }

    [Fact]
    public void Dma_ThereAndBack_MovesTheBytes()
    {
        for (var i = 0; i < 256; i++)
        {
            _host.Memory.Bytes[i] = (byte)i;
        }

        Start(Address, EduFunction.BufferAddress + 16, 256, 1);
        Assert.Equal(1UL, _edu.ReadBar(0, 0x98, 8));
        _host.Executor.RunAll();
        Assert.Equal(0UL, _edu.ReadBar(0, 0x98, 8));
        Start(EduFunction.BufferAddress + 16, Address + 0x1000, 256, 0xff07);
        _host.Executor.RunAll();
        Assert.Equal(0xff06UL, _edu.ReadBar(0, 0x98, 8));
        Assert.Equal(_host.Memory.Bytes[..256], _host.At(Address + 0x1000, 256).ToArray());
        Assert.Equal(0x100UL, _edu.ReadBar(0, 0x24, 4));
    }

    [Fact]
    public void Dma_Busy_IgnoresStores()
    {
        Start(Address, EduFunction.BufferAddress, 16, 1);
        _edu.WriteBar(0, 0x80, 8, 0x7777);
        _edu.WriteBar(0, 0x98, 4, 7);
        Assert.Equal(Address, _edu.ReadBar(0, 0x80, 8));
        Assert.Equal(1UL, _edu.ReadBar(0, 0x98, 8));
        _host.Executor.RunAll();
        Assert.Equal(0UL, _edu.ReadBar(0, 0x24, 4));
    }

    [Fact]
    public void Dma_CommandWithoutRun_IsIgnored()
    {
        _edu.WriteBar(0, 0x98, 4, 6);
        Assert.Equal(0UL, _edu.ReadBar(0, 0x98, 4));
        Assert.Equal(0, _host.Executor.Waiting);
    }

    [Fact]
    public void Dma_HalfUnmapped_ReadsZeroesThereAndStillInterrupts()
    {
        _host.Memory.Bytes.AsSpan().Fill(0xaa);
        var end = Address + (ulong)_host.Memory.Bytes.Length;
        Fill(0x55);
        Start(end - 8, EduFunction.BufferAddress, 16, 5);
        _host.Executor.RunAll();
        Assert.Equal(0x100UL, _edu.ReadBar(0, 0x24, 4));
        Start(EduFunction.BufferAddress, Address, 24, 3);
        _host.Executor.RunAll();
        Assert.Equal("AAAAAAAAAAAAAAAA00000000000000005555555555555555", Convert.ToHexString(_host.At(Address, 24)));
    }

    [Fact]
    public void Dma_FirstPageUnmapped_StillMovesTheSecond()
    {
        _host.Memory.Bytes.AsSpan().Fill(0xaa);
        Fill(0x55);
        Start(Address - 8, EduFunction.BufferAddress, 16, 1);
        _host.Executor.RunAll();
        Start(EduFunction.BufferAddress, Address + 0x100, 16, 3);
        _host.Executor.RunAll();
        Assert.Equal("0000000000000000AAAAAAAAAAAAAAAA", Convert.ToHexString(_host.At(Address + 0x100, 16)));
    }

    [Fact]
    public void Dma_WithoutBusMaster_ReadsZeroes()
    {
        Fill(0x55);
        _edu.WriteConfig(4, 2, 2);
        _host.Memory.Bytes.AsSpan().Fill(0xaa);
        Start(Address, EduFunction.BufferAddress, 8, 5);
        _host.Executor.RunAll();
        _edu.WriteConfig(4, 2, 6);
        Start(EduFunction.BufferAddress, Address, 16, 3);
        _host.Executor.RunAll();
        Assert.Equal("00000000000000005555555555555555", Convert.ToHexString(_host.At(Address, 16)));
    }

    [Theory]
    [InlineData(0x3ffffUL, 2UL)]
    [InlineData(0x40000UL, 4097UL)]
    [InlineData(0x40fffUL, 2UL)]
    [InlineData(0x41001UL, 0UL)]
    [InlineData(0x40000UL, ulong.MaxValue)]
    [InlineData(0x40001UL, ulong.MaxValue)]
    [InlineData(0UL, 1UL)]
    [InlineData(ulong.MaxValue, ulong.MaxValue)]
    public void Dma_OutsideTheBuffer_IsRefusedAndNamed(ulong device, ulong count)
    {
        Start(Address, device, count, 5);
        _host.Executor.RunAll();
        Assert.Equal(4UL, _edu.ReadBar(0, 0x98, 8));
        Assert.Equal(0x100UL, _edu.ReadBar(0, 0x24, 4));
        Assert.Contains("nothing was moved", Assert.Single(_host.Mistakes.Mistakes), StringComparison.Ordinal);
    }

    [Fact]
    public void Dma_BeyondTheMask_UsesTheAddressesLowBits()
    {
        Fill(0x55);
        Start(EduFunction.BufferAddress, 0x5_0000_0000 + Address, 4, 3);
        _host.Executor.RunAll();
        Assert.Equal("55555555", Convert.ToHexString(_host.At(Address, 4)));
        Assert.Contains("DMA mask 0xfffffff", Assert.Single(_host.Mistakes.Mistakes), StringComparison.Ordinal);
    }

    [Fact]
    public void DmaMask_Wider_ReachesHighMemory()
    {
        var high = new FakeMemory(4096);
        _host.Map(0x5_0000_0000, high, DmaAccess.Write);
        var edu = _host.Plug(new EduFunction(_host.Services, ulong.MaxValue));
        edu.WriteBar(0, 0x80, 8, EduFunction.BufferAddress);
        edu.WriteBar(0, 0x88, 8, 0x5_0000_0000);
        edu.WriteBar(0, 0x90, 8, 4096);
        high.Bytes.AsSpan().Fill(1);
        edu.WriteBar(0, 0x98, 8, 3);
        _host.Executor.RunAll();
        Assert.Equal(new byte[4096], high.Bytes);
        Assert.Empty(_host.Mistakes.Mistakes);
    }

    [Fact]
    public void Reset_DuringWork_LeavesNothingOfIt()
    {
        _edu.WriteBar(0, 0x20, 4, 0x80);
        _edu.WriteBar(0, 0x08, 4, 5);
        Start(Address, EduFunction.BufferAddress, 16, 5);
        _edu.Reset(PciResetKind.Cold);
        _host.Executor.RunAll();
        Assert.Equal(0UL, _edu.ReadBar(0, 0x24, 4));
        Assert.Equal(0UL, _edu.ReadBar(0, 0x08, 4));
        Assert.Equal(0UL, _edu.ReadBar(0, 0x98, 4));
        Assert.False(_host.Interrupts.Intx);
    }

    [Fact]
    public void Access_AllocatesNothing()
    {
        void Round()
        {
            for (var i = 0; i < 1000; i++)
            {
                _edu.WriteBar(0, 0x04, 4, 1);
                _edu.ReadBar(0, 0x04, 4);
                _edu.ReadBar(0, 0x60, 8);
                _edu.WriteBar(0, 0x08, 4, 5);
                _host.Executor.RunAll();
            }
        }

        Assert.Equal(0, Allocations.Least(Round));
    }

    private void Start(ulong source, ulong destination, ulong count, ulong command)
    {
        _edu.WriteBar(0, 0x80, 8, source);
        _edu.WriteBar(0, 0x88, 8, destination);
        _edu.WriteBar(0, 0x90, 8, count);
        _edu.WriteBar(0, 0x98, 8, command);
    }

    private void Fill(byte value)
    {
        var scratch = Address + 0x8000;
        _host.At(scratch, 4096).Fill(value);
        Start(scratch, EduFunction.BufferAddress, 4096, 1);
        _host.Executor.RunAll();
    }
}
