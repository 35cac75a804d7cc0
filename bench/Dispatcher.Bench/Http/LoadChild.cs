using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Dispatcher.Bench.Http;

/// <summary>The load generator as a process: its processor time is not the server's.</summary>
internal static class LoadChild
{
    public const string Verb = "load";

    /// <summary>Starts the process and reads what it measured.</summary>
    /// <exception cref="InvalidOperationException">A request was refused.</exception>
    public static async Task<LoadResult> Start(Uri address, IReadOnlyList<LoadRequest> requests, int connections, TimeSpan duration, double perSecond = 0)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, [Verb, address.ToString(), Text(connections), Text(duration.TotalSeconds), Text(perSecond)])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        using var process = Process.Start(start)!;
        await JsonSerializer.SerializeAsync(process.StandardInput.BaseStream, requests, LoadJson.Default.IReadOnlyListLoadRequest);
        process.StandardInput.Close();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException($"The load generator ended {process.ExitCode}: {output}");
        var result = JsonSerializer.Deserialize(output, LoadJson.Default.LoadResult)!;
        if (result.Failures > 0) throw new InvalidOperationException($"{result.Failures} requests such as {requests[0].Method} {requests[0].Path} were refused.");
        return result;
    }

    public static async Task<int> Run(string[] args)
    {
        var address = new Uri(args[0]);
        var requests = (await JsonSerializer.DeserializeAsync(Console.OpenStandardInput(), LoadJson.Default.IReadOnlyListLoadRequest))!;
        byte[][] bytes = [.. requests.Select(request => HttpConnection.Request(new Uri(address, request.Path), request.Method, Encoding.UTF8.GetBytes(request.Body), request.Headers))];
        var result = await LoadGenerator.Run(address, bytes, int.Parse(args[1], CultureInfo.InvariantCulture), TimeSpan.FromSeconds(Number(args[2])), Number(args[3]));
        Console.WriteLine(JsonSerializer.Serialize(result, LoadJson.Default.LoadResult));
        return 0;
    }

    private static string Text(double number) => number.ToString(CultureInfo.InvariantCulture);

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}

/// <summary>One request of the load.</summary>
internal sealed record LoadRequest(string Method, string Path, string Body = "")
{
    /// <summary>Whole lines, without their ends.</summary>
    public IReadOnlyList<string> Headers { get; init; } = [];
}

[JsonSerializable(typeof(LoadResult))]
[JsonSerializable(typeof(IReadOnlyList<LoadRequest>))]
internal sealed partial class LoadJson : JsonSerializerContext;
