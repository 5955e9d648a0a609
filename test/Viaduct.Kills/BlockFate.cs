namespace Viaduct.Kills;

/// <summary>What the file shows of the last write to a block.</summary>
internal enum BlockFate
{
    /// <summary>No write was under way, and the last one is there.</summary>
    Kept,

    /// <summary>A write was under way; it is there.</summary>
    New,

    /// <summary>A write was under way; what was before is there.</summary>
    Old,

    /// <summary>A write was done, but nothing was promised, and it is not there.</summary>
    Unkept,

    /// <summary>What was promised is not there.</summary>
    Broken,

    /// <summary>What is there was never written to that block.</summary>
    Invented,
}
