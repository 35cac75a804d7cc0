using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Dispatcher.Tests.Shared;

/// <summary>
/// A PostgreSQL server for tests, made when it is first asked for and thrown away at the end of the process, however that ends: its keeper reads from a pipe of
/// this process and takes the end of it as the end of the tests. <c>DISPATCHER_TEST_POSTGRES</c> names a server to use instead, as a connection string.
/// </summary>
public sealed class PostgresCluster
{
    private const string ExistingVariable = "DISPATCHER_TEST_POSTGRES";

    /// <summary>The one role that is asked for a password.</summary>
    public const string RoleWithPassword = "needs_password";

    /// <summary>Arguments: the programs' folder, the server's options. Says "ready" and stays until its input ends.</summary>
    private const string Keeper =
        """
        programs=$1 options=$2
        directory=$(mktemp -d -t dispatcher-postgres-XXXXXX) || exit 1
        cd "$directory"
        if "$programs/initdb" -D data -U dispatcher -A trust -E UTF8 --locale=C --no-sync >log 2>&1 &&
           { echo "host all needs_password all scram-sha-256"; cat data/pg_hba.conf; } >rules && cp rules data/pg_hba.conf &&
           "$programs/pg_ctl" -D data -l log -w -t 120 -o "$options" start </dev/null >>log 2>&1
        then
          echo "ready $directory"
          cat >/dev/null
        else
          tail -n 5 log
        fi
        "$programs/pg_ctl" -D data -m immediate -w stop >/dev/null 2>&1
        cd /
        rm -rf "$directory"
        """;

    /// <summary>Nothing has to survive the machine, and no background work may hold the journal's readers up.</summary>
    private const string QuickSettings = "-c fsync=off -c full_page_writes=off -c autovacuum=off -c max_connections=300 -c shared_buffers=64MB";

    private static readonly Lock Gate = new();

    private static Task<PostgresCluster>? _shared;

    private readonly System.Diagnostics.Process? _keeper;

    private readonly string _options = "";

    private PostgresCluster(string connectionString, string? dataDirectory, System.Diagnostics.Process? keeper, string options = "")
    {
        _options = options;
        ConnectionString = connectionString;
        DataDirectory = dataDirectory;
        _keeper = keeper;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Stop();
    }

    /// <summary>The one server of this test process.</summary>
    public static Task<PostgresCluster> Shared
    {
        get
        {
            lock (Gate) return _shared ??= StartShared();
        }
    }

    public string ConnectionString { get; }

    /// <summary>Where the server keeps its data; null for one that was there before.</summary>
    public string? DataDirectory { get; }

    /// <summary>The folder of initdb, pg_ctl and the others: of the newest version that is installed.</summary>
    public static string Programs { get; } = Directory.Exists("/usr/lib/postgresql")
        ? Directory.GetDirectories("/usr/lib/postgresql").OrderBy(path => int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture)).Last() + "/bin"
        : "";

    /// <summary>Starts a server with settings as on its command line: <c>-c fsync=on</c>.</summary>
    /// <param name="directory">Where its data are made; where temporary files are, if absent. Everybody may write there.</param>
    public static async Task<PostgresCluster> Start(string settings, string? directory = null)
    {
        if (Programs.Length == 0) throw new InvalidOperationException($"PostgreSQL is not installed: install the package postgresql, or name a server in {ExistingVariable}.");
        var port = FreePort();
        var command = KeeperCommand(port, settings);
        if (directory is not null) command.Environment["TMPDIR"] = directory;
        var keeper = System.Diagnostics.Process.Start(command)!;
        var answer = await keeper.StandardOutput.ReadLineAsync() ?? "";
        if (!answer.StartsWith("ready ", StringComparison.Ordinal))
            throw new InvalidOperationException($"PostgreSQL did not start: {answer} {await keeper.StandardOutput.ReadToEndAsync()}");
        return new PostgresCluster($"Host=127.0.0.1;Port={port};Database=postgres;Username=dispatcher;SSL Mode=Disable", answer["ready ".Length..] + "/data", keeper, OptionsOf(port, settings));
    }

    /// <summary>Ends the server as a crash would: without a word to its clients, and with a recovery to do at the next start.</summary>
    public Task Crash() => Control("-m", "immediate", "-w", "stop");

    /// <summary>Starts the server that has crashed, on the same port; returns when it takes connections.</summary>
    public Task Restart() => Control("-l", DataDirectory + "/../log", "-w", "-t", "120", "-o", _options, "start");

    /// <summary>Ends the server at once and removes its data.</summary>
    public void Stop()
    {
        if (_keeper is null) return;
        _keeper.StandardInput.Close();
        _keeper.WaitForExit();
    }

    private async Task Control(params string[] arguments)
    {
        var command = AsServerUser([Programs + "/pg_ctl", "-D", DataDirectory!, "-s", .. arguments]);
        using var control = System.Diagnostics.Process.Start(new ProcessStartInfo(command[0], command[1..]) { UseShellExecute = false, WorkingDirectory = "/" })!;
        await control.WaitForExitAsync();
        if (control.ExitCode != 0) throw new InvalidOperationException($"pg_ctl {string.Join(' ', arguments)} ended with exit code {control.ExitCode}.");
    }

    private static string OptionsOf(int port, string settings) =>
        string.Create(CultureInfo.InvariantCulture, $"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' {settings}");

    private static Task<PostgresCluster> StartShared() => Environment.GetEnvironmentVariable(ExistingVariable) is { Length: > 0 } existing
        ? Task.FromResult(new PostgresCluster(existing, dataDirectory: null, keeper: null))
        : Start(QuickSettings);

    /// <summary>PostgreSQL refuses to run as root, so root becomes its user, or nobody.</summary>
    private static ProcessStartInfo KeeperCommand(int port, string settings)
    {
        // In a session of its own: who interrupts the tests with all their children leaves the keeper to clean up.
        string[] command = ["setsid", .. AsServerUser(["/bin/sh", "-c", Keeper, "keeper", Programs, OptionsOf(port, settings)])];
        return new ProcessStartInfo(command[0], command[1..]) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, WorkingDirectory = "/" };
    }

    private static string[] AsServerUser(string[] command) => Environment.UserName == "root" ? ["runuser", "-u", ServerUser(), "--", .. command] : command;

    private static string ServerUser() =>
        File.ReadLines("/etc/passwd").Any(line => line.StartsWith("postgres:", StringComparison.Ordinal)) ? "postgres" : "nobody";

    /// <summary>
    /// Below those that the system gives to whoever names none, as all other servers and clients of these tests do: it must still be free when the data are made, and when a
    /// server that has crashed starts again.
    /// </summary>
    private static int FreePort()
    {
        while (true)
        {
            var port = RandomNumberGenerator.GetInt32(15_000, 32_000);
            using var listener = new TcpListener(IPAddress.Loopback, port);
            try
            {
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Somebody has it.
            }
        }
    }
}
