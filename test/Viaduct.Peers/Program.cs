using Viaduct.Driver;
using Viaduct.Peers;

// Viaduct.Driver's vfio-user client against the sample servers of libvfio-user; test/peers/libvfio-user.sh starts them.
if (args is not [var peer, var socket] || peer is not ("gpio" or "timer" or "timer-messages"))
{
    Console.Error.WriteLine("usage: Viaduct.Peers gpio|timer|timer-messages SOCKET");
    return 2;
}

var findings = new Findings(peer);
try
{
    if (peer == "gpio")
    {
        GpioPeer.Run(socket, findings);
    }
    else
    {
        TimerPeer.Run(socket, findings, maps: peer == "timer");
    }
}
catch (VfioException e)
{
    findings.Expect(e.Message, isSo: false);
}

Console.WriteLine($"peer {peer}: {findings.Passed} passed, {findings.Failed} failed");
return findings.Failed == 0 ? 0 : 1;
