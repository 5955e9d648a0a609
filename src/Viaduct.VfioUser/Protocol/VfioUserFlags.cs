namespace Viaduct.VfioUser.Protocol;

/// <summary>The header's flags. The low four bits are the message's type.</summary>
[Flags]
public enum VfioUserFlags : uint
{
    /// <summary>A command that wants a reply.</summary>
    None = 0,

    /// <summary>The bits of the type; zero is a command.</summary>
    TypeMask = 0xf,

    /// <summary>The type of a reply.</summary>
    Reply = 1,

    /// <summary>A command that wants no reply.</summary>
    NoReply = 1 << 4,

    /// <summary>A reply to a command that failed: header only, with an errno.</summary>
    Error = 1 << 5,
}
