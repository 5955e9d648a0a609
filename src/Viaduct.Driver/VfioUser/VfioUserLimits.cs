using Viaduct.VfioUser.Protocol;

namespace Viaduct.Driver;

/// <summary>What the two sides agreed on.</summary>
/// <param name="MaxDataTransfer">The most bytes of data of one message.</param>
/// <param name="MaxDescriptors">The most descriptors that the server takes in one message.</param>
/// <param name="MaxDmaMaps">The most mappings that the server keeps.</param>
/// <param name="PageSize">The smallest page that DMA can be mapped in.</param>
internal sealed record VfioUserLimits(int MaxDataTransfer, int MaxDescriptors, long MaxDmaMaps, ulong PageSize)
{
    /// <summary>What we take ourselves: the protocol's default.</summary>
    internal const int OurDataTransfer = VfioUserCapabilities.DefaultDataTransfer;

    /// <summary>How many descriptors a message of the server's may have: one for a region, one for a socket, and some.</summary>
    internal const int OurDescriptors = 16;

    private const int LargestDescriptors = 128;

    /// <summary>Reads what the server says; null where it makes no sense.</summary>
    internal static VfioUserLimits? From(VfioUserCapabilities theirs)
    {
        var transfer = theirs.MaxDataTransfer ?? VfioUserCapabilities.DefaultDataTransfer;
        var descriptors = theirs.MaxDescriptors ?? 1;
        var maps = theirs.MaxDmaMaps ?? VfioUserCapabilities.DefaultDmaMaps;
        var pages = theirs.PageSizes ?? VfioUserCapabilities.DefaultPageSizes;
        return transfer < sizeof(ulong) || descriptors < 0 || maps <= 0 || pages == 0
            ? null
            : new VfioUserLimits(
                (int)Math.Min(transfer, OurDataTransfer),
                Math.Min(descriptors, LargestDescriptors),
                maps,
                pages & (~pages + 1));
    }
}
