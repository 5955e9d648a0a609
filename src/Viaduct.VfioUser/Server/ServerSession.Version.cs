using Viaduct.Abi;
using Viaduct.Memory;
using Viaduct.VfioUser.Protocol;
using Viaduct.VfioUser.Transport;

namespace Viaduct.VfioUser.Server;

/// <content>The first message.</content>
internal sealed partial class ServerSession
{
    // QEMU 11 sends a reply with one call that does not block, and forgets what a full socket did not take: the stream is lost then. A
    // message of this size is one buffer in the kernel, which takes it as a whole or not at all.
    private const int LargestSafeReply = 32 << 10;

    private bool Negotiate()
    {
        if (_reader.Read() != ReadOutcome.Message)
        {
            _violation = "the connection ended before a VFIO_USER_VERSION";
            return false;
        }

        (_header, _payload, _descriptors) = (_reader.Header, _reader.Payload, _reader.Descriptors);
        if (!_header.IsCommand || _header.Command != VfioUserCommand.VFIO_USER_VERSION
            || !TryGet(VfioUserVersion.StructSize, out VfioUserVersion version)
            || !VfioUserCapabilities.TryParse(_payload.Span[VfioUserVersion.StructSize..], out var theirs))
        {
            return Refuse("the first message was no VFIO_USER_VERSION with JSON");
        }

        if (version.Major != VfioUserVersion.OurMajor)
        {
            return Refuse($"the client speaks version {version.Major}.{version.Minor} of the protocol; this is {VfioUserVersion.OurMajor}.{VfioUserVersion.OurMinor}");
        }

        if (theirs.MaxDataTransfer is <= 0 || theirs.MaxDescriptors is < 0)
        {
            return Refuse("the client's max_data_xfer_size or max_msg_fds makes no sense");
        }

        Agree(theirs);
        return true;
    }

    private bool Refuse(string why)
    {
        _violation = why;
        Reply(Errno.EINVAL);
        return false;
    }

    private void Agree(VfioUserCapabilities theirs)
    {
        _clientDescriptors = theirs.MaxDescriptors ?? VfioUserCapabilities.DefaultDescriptors;

        // DMA that models do is split into what the client takes.
        var most = (int)Math.Min(theirs.MaxDataTransfer ?? VfioUserCapabilities.DefaultDataTransfer, _options.MaxDataTransfer);
        if (theirs.HasTwinSocket && _options.AllowTwinSocket)
        {
            _twin = TwinChannel.Create(most, _options);
        }

        most = Math.Min(most, LargestSafeReply);
        _channel = _twin?.Channel ?? new DmaChannel(_sender, most, Environment.CurrentManagedThreadId, () => _options.Observer?.Refused(
            "DMA by the thread that serves the client, which waits for its own reply: the model must do it on its Executor"));
        _maps = new DmaMaps(_space, _channel, _options.MaxDmaMaps, WhileWaiting);
        _space.Owner = _maps.Owner;

        // A subset of what the client named: QEMU refuses a reply that is longer than its own message.
        var json = new VfioUserCapabilities
        {
            MaxDescriptors = theirs.MaxDescriptors is null ? null : _options.MaxDescriptors,
            MaxDataTransfer = theirs.MaxDataTransfer is null ? null : _options.MaxDataTransfer,
            MaxDmaMaps = theirs.MaxDmaMaps is null ? null : _options.MaxDmaMaps,
            PageSizes = theirs.PageSizes is null ? null : VfioUserCapabilities.DefaultPageSizes,
            HasWriteMultiple = theirs.HasWriteMultiple is null ? null : true,
            HasTwinSocket = _twin is not null,
            TwinSocketIndex = _twin is null ? null : 0,
        }.ToJson();
        var reply = Room(VfioUserVersion.StructSize + json.Length).Span;
        StructBytes.Write(reply, new VfioUserVersion { Major = VfioUserVersion.OurMajor, Minor = VfioUserVersion.OurMinor });
        json.CopyTo(reply[VfioUserVersion.StructSize..]);
        if (_twin is null)
        {
            Reply(SysResult.FromValue(reply.Length));
        }
        else
        {
            Reply(SysResult.FromValue(reply.Length), _twin.ClientEnd);
            _twin.Start();
        }
    }
}
