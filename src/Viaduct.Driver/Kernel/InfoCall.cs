using Viaduct.Abi;

namespace Viaduct.Driver;

/// <summary>The protocol of VFIO's info requests: argsz in front, and the kernel says there how much the whole reply
/// needs.</summary>
internal static class InfoCall
{
    // Far above any reply: a 64 KiB chain would hold 4,000 IOVA ranges.
    private const uint Largest = 1 << 16;

    /// <summary>Makes the call until the reply fits.</summary>
    /// <param name="ask">Makes the call.</param>
    /// <param name="request">The request.</param>
    /// <param name="size">The structure's size without a chain.</param>
    /// <param name="index">For requests that have an index in the third u32; else 0.</param>
    /// <param name="reply">The structure and its chain.</param>
    internal static SysResult TryGet(
        InfoRequest ask, uint request, int size, uint index, out byte[] reply)
    {
        var length = (uint)size;
        while (true)
        {
            reply = new byte[length];
            BitConverter.TryWriteBytes(reply, length);
            BitConverter.TryWriteBytes(reply.AsSpan(8), index);
            var result = ask(request, reply);
            var needed = BitConverter.ToUInt32(reply);
            if (result.IsError || needed <= length || needed > Largest)
            {
                return result;
            }

            length = needed;
        }
    }
}
