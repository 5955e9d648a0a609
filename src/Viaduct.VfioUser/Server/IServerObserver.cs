namespace Viaduct.VfioUser.Server;

/// <summary>Hears what happens at a server, on the threads where it happens.</summary>
public interface IServerObserver
{
    /// <summary>A client has connected and both sides know what the other can.</summary>
    /// <param name="process">The client's process; zero where that is not known.</param>
    void Connected(int process);

    /// <summary>The client has gone.</summary>
    /// <param name="process">The client's process.</param>
    /// <param name="reason">Why, where it did not just close; a sentence.</param>
    void Disconnected(int process, string? reason);

    /// <summary>Something that the client did was refused, and a person may want to know.</summary>
    void Refused(string what);
}
