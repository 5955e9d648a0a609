namespace NvmeDisk.Nvme;

/// <summary>The controller did not do what it was told.</summary>
internal sealed class NvmeException(string message) : IOException(message);
