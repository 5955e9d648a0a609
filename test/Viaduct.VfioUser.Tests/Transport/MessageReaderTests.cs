using Microsoft.Win32.SafeHandles;
using Viaduct.Linux.Sockets;
using Viaduct.VfioUser.Protocol;
using Viaduct.VfioUser.Tests.Infrastructure;
using Viaduct.VfioUser.Transport;

namespace Viaduct.VfioUser.Tests.Transport;

public sealed class MessageReaderTests : IDisposable
{
    private const int Largest = 300_000;

    private readonly UnixSocket _sender;
    private readonly UnixSocket _receiver;
    private readonly MessageReader _reader;

    public MessageReaderTests()
    {
        Assert.False(UnixSocket.CreatePair(out var sender, out var receiver).IsError);
        (_sender, _receiver) = (sender!, receiver!);
        _reader = new MessageReader(_receiver, Largest);
    }

    [Fact]
    public void Read_SeveralInOneSend_GivesEach()
    {
        _sender.Send([.. Message(1, 0), .. Message(2, 100), .. Message(3, 8)]);
        foreach (var (id, size) in new[] { (1, 0), (2, 100), (3, 8) })
        {
            Assert.Equal(ReadOutcome.Message, _reader.Read());
            Assert.Equal((id, size), (_reader.Header.MessageId, _reader.Payload.Length));
        }

        Assert.False(_reader.HasMessage);
    }

    [Fact]
    public void Read_ByteForByte_GivesTheMessage()
    {
        foreach (var one in Message(9, 20))
        {
            _sender.Send([one]);
        }

        Assert.Equal(ReadOutcome.Message, _reader.Read());
        Assert.Equal(9, _reader.Header.MessageId);
    }

    [Fact]
    public void Read_LargerThanTheFirstBuffer_GivesIt()
    {
        var large = Message(1, Largest - 16);
        Random.Shared.NextBytes(large.AsSpan(16));
        var thread = new Thread(() => _sender.Send([.. Message(7, 3), .. large, .. Message(8, 5)]));
        thread.Start();
        Assert.Equal((ReadOutcome.Message, (ushort)7), (_reader.Read(), _reader.Header.MessageId));
        Assert.Equal(ReadOutcome.Message, _reader.Read());
        Assert.True(_reader.Payload.Span.SequenceEqual(large.AsSpan(16)));
        Assert.Equal((ReadOutcome.Message, (ushort)8), (_reader.Read(), _reader.Header.MessageId));
        thread.Join();
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(15u)]
    [InlineData(Largest + 1u)]
    [InlineData(uint.MaxValue)]
    public void Read_ASizeThatCannotBe_IsMalformed(uint size)
    {
        var message = Message(1, 64);
        BitConverter.GetBytes(size).CopyTo(message, 4);
        _sender.Send(message);
        Assert.Equal(ReadOutcome.Malformed, _reader.Read());
    }

    [Fact]
    public void Read_AfterTheOtherSideClosed_IsClosed()
    {
        _sender.Send(Message(1, 64).AsSpan(0, 40));
        _sender.Dispose();
        Assert.Equal(ReadOutcome.Closed, _reader.Read());
    }

    [Fact]
    public void Read_Descriptors_BelongToTheMessageTheyWereSentWith()
    {
        using var file = File.OpenHandle("/dev/null");
        _sender.Send(Message(1, 4));
        _sender.Send(Message(2, 4), [file, file]);
        _sender.Send(Message(3, 4));
        _sender.Send(Message(4, 4), [file]);
        foreach (var (id, count) in new[] { (1, 0), (2, 2), (3, 0), (4, 1) })
        {
            _reader.Read();
            Assert.Equal((id, count), (_reader.Header.MessageId, _reader.Descriptors.Count));
        }
    }

    [Theory]
    [InlineData(16)] // with the header alone
    [InlineData(20)]
    public void Read_DescriptorsWithAPart_BelongToItsMessage(int part)
    {
        using var file = File.OpenHandle("/dev/null");
        var message = Message(1, 64);
        _sender.Send(message.AsSpan(0, part), [file]);
        _sender.Send(message.AsSpan(part));
        _sender.Send(Message(2, 0));
        _reader.Read();
        Assert.Single(_reader.Descriptors);
        _reader.Read();
        Assert.Empty(_reader.Descriptors);
    }

    [Fact]
    public void Read_DescriptorsWithoutEnd_IsMalformedAndClosesThem()
    {
        using var file = File.OpenHandle("/dev/null");
        var before = Directory.GetFiles("/proc/self/fd").Length;
        var hundred = Enumerable.Repeat<SafeFileHandle>(file, 200).ToArray();
        var message = Message(1, 64);
        for (var i = 0; i < 4; i++)
        {
            _sender.Send(message.AsSpan(i, 1), hundred);
        }

        Assert.Equal(ReadOutcome.Malformed, _reader.Read());
        _reader.Dispose();
        Assert.InRange(Directory.GetFiles("/proc/self/fd").Length, 0, before + 10);
    }

    [Fact]
    public void Read_Steadily_AllocatesNothing()
    {
        var message = Message(1, 64);
        Assert.Equal(0, Allocations.Least(() =>
        {
            _sender.Send(message);
            _reader.Read();
        }));
    }

    public void Dispose()
    {
        _reader.Dispose();
        _sender.Dispose();
        _receiver.Dispose();
    }

    private static byte[] Message(ushort id, int payload)
        => WireClient.Message(id, VfioUserCommand.VFIO_USER_REGION_READ, new byte[payload]);
}
