using System.Globalization;

namespace Dispatcher.Host.Tests;

/// <summary>A service to which more connect than may; with thousands it is tried as a process of its own.</summary>
public sealed class ManyConnectionsTests
{
<<<<<<< HEAD
=======
    /// <summary>What this process opens beside these connections, with all tests that run at the same time.</summary>
    private const int OtherDescriptors = 600;

    /// <summary>Enough to show it in a second, if the system allows so many; DISPATCHER_TEST_CONNECTIONS asks for more.</summary>
    private static readonly int Connections = Environment.GetEnvironmentVariable("DISPATCHER_TEST_CONNECTIONS") is { } asked
        ? int.Parse(asked, CultureInfo.InvariantCulture)
        : Math.Clamp((DescriptorLimit() - OtherDescriptors) / 2, 100, 2000);

    [Fact]
    public async Task Everybody_IsServed_WhenThousandsOfConnectionsAreOpen()
    {
        using var run = new CommandRun();
        await using var serve = await ServeRun.Start(run);
        var open = new List<RawConnection>(Connections);
        try
        {
            while (open.Count < Connections)
                open.AddRange(await Task.WhenAll(Enumerable.Range(0, Math.Min(100, Connections - open.Count)).Select(_ => RawConnection.Open(serve.Address))));
            foreach (var batch in open.Chunk(200))
            {
                await Task.WhenAll(batch.Select(connection => connection.Send("GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")));
                foreach (var connection in batch) Assert.Equal(200, await connection.ReadStatus());
            }
        }
        finally
        {
            foreach (var connection in open) await connection.DisposeAsync();
        }
    }

>>>>>>> flaky
    [Fact]
    public async Task Connection_IsClosed_WhenThereAreTooMany_AndTheOthersGoOn()
    {
        using var run = new CommandRun();
        await using var serve = await ServeRun.Start(run, config: "dispatcher.web.connection-limit = 3");
        await using var first = await RawConnection.Open(serve.Address);
        await using var second = await RawConnection.Open(serve.Address);
        await using var third = await RawConnection.Open(serve.Address);
        foreach (var connection in new[] { first, second, third })
        {
            await connection.Send("GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
            Assert.Equal(200, await connection.ReadStatus());
        }

        await using var fourth = await RawConnection.Open(serve.Address);
        Assert.Equal("", await fourth.ReadToEnd());
        await first.Send("GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
        Assert.Equal(200, await first.ReadStatus());
    }

    /// <summary>Files and sockets that a process may have open (<c>ulimit -n</c>); both ends of a connection are in this one.</summary>
    private static int DescriptorLimit()
    {
        const string name = "Max open files";
        const string limits = "/proc/self/limits";
        if (!File.Exists(limits)) return int.MaxValue;
        var line = File.ReadLines(limits).Single(line => line.StartsWith(name, StringComparison.Ordinal));
        return int.TryParse(line[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0], CultureInfo.InvariantCulture, out var limit) ? limit : int.MaxValue;
    }
}
