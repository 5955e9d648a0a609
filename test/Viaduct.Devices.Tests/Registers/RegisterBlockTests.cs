using Viaduct.Devices.Registers;

namespace Viaduct.Devices.Tests.Registers;

public sealed class RegisterBlockTests
{
    private static readonly RegisterSpec s_byte = new("BYTE", 0x00, 8, "") { Reset = 0x5a };
    private static readonly RegisterSpec s_word = new("WORD", 0x02, 16, "") { Reset = 0x1234 };
    private static readonly RegisterSpec s_mixed = new("MIXED", 0x04, 32, "")
    {
        Reset = 0x0000_ff0f,
        Fields =
        [
            RegisterField.WriteOnly(31, 24, "WO"), RegisterField.WriteOneToClear(15, 8, "W1C"),
            RegisterField.ReadOnly(3, 2, "RO"), RegisterField.ReadWrite(1, 0, "RW"),
            RegisterField.Unimplemented(17, 16, "NOT_HERE"),
        ],
    };

    private static readonly RegisterSpec s_wide = new("WIDE", 0x08, 64, "");
    private static readonly RegisterSpec s_whole = new("WHOLE", 0x10, 32, "") { Widths = AccessWidths.Dword };
    private static readonly RegisterSpec s_array = new("ARRAY", 0x80, 16, "") { Count = 3, Stride = 0x80 };
    private static readonly RegisterSpec[] s_all = [s_byte, s_word, s_mixed, s_wide, s_whole, s_array];
    private readonly RegisterBlock _block = new(s_all);

    [Theory]
    [InlineData(0x00, 1, 0x5a)]
    [InlineData(0x00, 2, 0x5a)]
    [InlineData(0x00, 4, 0x1234005a)]
    [InlineData(0x00, 8, 0x0000ff0f_1234005a)]
    [InlineData(0x02, 1, 0x34)]
    [InlineData(0x03, 1, 0x12)]
    [InlineData(0x05, 1, 0xff)]
    [InlineData(0x20, 8, 0)]
    [InlineData(0x180, 2, 0)]
    [InlineData(0xffff_ffff_ffff_fff8, 8, 0)]
    public void Read_AnyWidth_ComposesRegisters(ulong offset, int width, ulong expected)
        => Assert.Equal(expected, _block.Read(offset, width));

    [Fact]
    public void Write_AppliesTheAccessOfEachField()
    {
        _block.Write(0x04, 4, 0xffff_f0f2);
        Assert.Equal(0x0f0eUL, _block.Read(0x04, 4));
        _block.Write(0x05, 1, 0x03);
        Assert.Equal(0x0c0eUL, _block.Read(0x04, 4));
        Assert.Equal(0x0c0eUL, _block[s_mixed].Value);
    }

    [Fact]
    public void Write_Part_LeavesTheRest()
    {
        _block.Write(0x08, 8, 0x1111_2222_3333_4444);
        _block.Write(0x0c, 4, 0xaaaa_bbbb);
        _block.Write(0x09, 1, 0xcc);
        Assert.Equal(0xaaaa_bbbb_3333_cc44, _block.Read(0x08, 8));
    }

    [Fact]
    public void Write_Wide_ReachesEveryRegisterUnderIt()
    {
        _block.Write(0x00, 8, 0xffff_ffff_8765_ff21);
        Assert.Equal(0x21UL, _block[s_byte].Value);
        Assert.Equal(0x8765UL, _block[s_word].Value);
        Assert.Equal(0x000fUL, _block[s_mixed].Value);
    }

    [Fact]
    public void Width_NotAnswered_ReadsAsIfNothingWereThere()
    {
        _block.Write(0x10, 4, 0x12345678);
        _block.Write(0x10, 2, 0xffff);
        Assert.Equal(0UL, _block.Read(0x10, 2));
        Assert.Equal(0x12345678UL, _block.Read(0x10, 4));
        Assert.Equal(0x12345678UL, _block.Read(0x10, 8));
    }

    [Fact]
    public void Array_HasARegisterEachStride()
    {
        _block.Write(0x180, 2, 0xbeef);
        Assert.Equal(0xbeefUL, _block[s_array, 2].Value);
        Assert.Equal(0x180UL, _block[s_array, 2].Offset);
        Assert.Equal(0UL, _block[s_array, 0].Value);
    }

    [Fact]
    public void Handlers_SeeWhatWasTouched()
    {
        RegisterWrite? seen = null;
        var reads = new List<ulong>();
        var block = new RegisterBlock(s_all);
        block[s_array, 1].OnWrite((in RegisterWrite write) => seen = write);
        block[s_array, 1].OnRead((in RegisterRead read) =>
        {
            reads.Add(read.Mask);
            return 0xabcd;
        });
        block.Write(0x101, 1, 0x77);
        Assert.Equal(new RegisterWrite(1, 0xff00, 0x7700, 0, 0x7700), seen);
        Assert.Equal(0xcdUL, block.Read(0x100, 1));
        Assert.Equal(0xabUL, block.Read(0x101, 1));
        Assert.Equal([0x00ffUL, 0xff00UL], reads);
    }

    [Fact]
    public void Observer_HearsOfWhatNobodyAnswered()
    {
        var observer = new Recorder();
        _block.Observer = observer;
        _block.Read(0x00, 8);
        _block.Read(0x40, 4);
        _block.Write(0x5000, 2, 7);
        _block.Write(0x10, 1, 9);
        Assert.Equal(
            [new(0x40, 4, false, 0), new(0x5000, 2, true, 7), new RegisterAccess(0x10, 1, true, 9)], observer.Seen);
    }

    [Fact]
    public void Reset_BringsBackEveryValue()
    {
        _block.Write(0x00, 8, ulong.MaxValue);
        _block.Write(0x08, 8, ulong.MaxValue);
        _block.Reset();
        Assert.Equal(0x0000ff0f_1234005aUL, _block.Read(0x00, 8));
        Assert.Equal(0UL, _block.Read(0x08, 8));
    }

    [Fact]
    public void State_SavedAndLoaded_IsTheSame()
    {
        _block.Write(0x08, 8, 0x1122334455667788);
        var state = new ulong[_block.StateLength];
        _block.Save(state);
        var other = new RegisterBlock(s_all);
        other.Load(state);
        Assert.Equal(0x1122334455667788UL, other.Read(0x08, 8));
        Assert.Equal(8, other.StateLength);
    }

    [Fact]
    public void Declarations_ThatContradict_AreRefused()
    {
        Refused(new RegisterSpec("A", 1, 32, ""));
        Refused(new RegisterSpec("A", 0, 24, ""));
        Refused(new RegisterSpec("A", 0, 8, "") { Reset = 0x100 });
        Refused(new RegisterSpec("A", 0, 8, "") { Fields = [RegisterField.ReadOnly(8, 0, "F")] });
        Refused(new RegisterSpec("A", 0, 8, "") { Fields = [RegisterField.ReadOnly(3, 0, "F"), RegisterField.ReadWrite(3, 3, "G")] });
        Refused(new RegisterSpec("A", 0, 32, "") { Count = 2, Stride = 2 });
        Refused(new RegisterSpec("A", 0, 32, ""), new RegisterSpec("B", 2, 16, ""));
        Refused(new RegisterSpec("A", 1 << 24, 32, ""));
        Assert.Throws<ArgumentException>(() => _block[s_array, 3]);
    }

    [Fact]
    public void Access_AllocatesNothing()
    {
        void Round()
        {
            for (var i = 0; i < 1000; i++)
            {
                _block.Write(0x00, 8, ulong.MaxValue);
                _block.Write(0x09, 1, 3);
                _block.Read(0x00, 8);
                _block.Read(0x180, 2);
                _block.Read(0x4000, 4);
            }
        }

        Assert.Equal(0, Allocations.Least(Round));
    }

    private static void Refused(params RegisterSpec[] specs)
        => Assert.Throws<ArgumentException>(() => new RegisterBlock(specs));

    private sealed class Recorder : IRegisterObserver
    {
        public List<RegisterAccess> Seen { get; } = [];

        public void Unanswered(in RegisterAccess access) => Seen.Add(access);
    }
}
