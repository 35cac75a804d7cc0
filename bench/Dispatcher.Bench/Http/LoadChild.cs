using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Dispatcher.Bench.Http;

/// <summary>The load generator as a process: its processor time is not the server's.</summary>
internal static class LoadChild
{
    public const string Verb = "load";

    /// <summary>Starts the process and reads what it measured.</summary>
    public static async Task<LoadResult> Start(Uri url, byte[] body, int connections, TimeSpan duration, double perSecond = 0)
    {
        var start = new ProcessStartInfo(
            Environment.ProcessPath!,
            [Verb, url.ToString(), connections.ToString(CultureInfo.InvariantCulture), duration.TotalSeconds.ToString(CultureInfo.InvariantCulture), perSecond.ToString(CultureInfo.InvariantCulture)])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        using var process = Process.Start(start)!;
        await process.StandardInput.BaseStream.WriteAsync(body);
        process.StandardInput.Close();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException($"The load generator ended {process.ExitCode}: {output}");
        var result = JsonSerializer.Deserialize(output, LoadJson.Default.LoadResult)!;
        if (result.Failures > 0) throw new InvalidOperationException($"{result.Failures} requests to {url} were refused.");
        return result;
    }

    public static async Task<int> Run(string[] args)
    {
        using var body = new MemoryStream();
        await Console.OpenStandardInput().CopyToAsync(body);
        var result = await LoadGenerator.Run(
            new Uri(args[0]), body.ToArray(), int.Parse(args[1], CultureInfo.InvariantCulture),
            TimeSpan.FromSeconds(double.Parse(args[2], CultureInfo.InvariantCulture)), double.Parse(args[3], CultureInfo.InvariantCulture));
        Console.WriteLine(JsonSerializer.Serialize(result, LoadJson.Default.LoadResult));
        return 0;
    }
}

[System.Text.Json.Serialization.JsonSerializable(typeof(LoadResult))]
internal sealed partial class LoadJson : System.Text.Json.Serialization.JsonSerializerContext;
