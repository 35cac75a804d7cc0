using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Dispatcher.Tests.Shared;

/// <summary>
/// Ports for servers whose port is chosen before they start, or that come back to the one they had. Nobody else gets it meanwhile: below 32768 no system takes ports for connections of
/// its own or for whoever asks for any, and here none is given twice.
/// </summary>
public static class LastingPort
{
    private const int First = 20_000;
    private const int Count = 10_000;

    /// <summary>Other processes begin elsewhere.</summary>
    private static int _taken = new Random().Next(Count);

    public static int Take()
    {
        while (true)
        {
            var port = First + (Interlocked.Increment(ref _taken) % Count);
            if (IsFree(port)) return port;
        }
    }

    /// <summary>Of a server over HTTP on this machine.</summary>
    public static Uri TakeAddress() => new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Take()}"));

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
