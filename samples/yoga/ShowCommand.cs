using System.Text.Json;

namespace Yoga;

/// <summary><c>show ADDRESS LINE-ADDRESS DIRECTORY</c>: waits for the jobs of the demonstration, shows what came of them, and checks that all of it happened once.</summary>
internal static class ShowCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(200);

    /// <returns>The exit code: 1 if the quota, the ledger or the deliveries do not agree with the jobs.</returns>
    public static async Task<int> Run(string address, string lineAddress, string directory, bool smoke)
    {
        using var client = new HttpClient { BaseAddress = new Uri(address) };
        using var line = new HttpClient { BaseAddress = new Uri(lineAddress) };
        var (charged, reached) = (0L, 0);
        foreach (var file in Directory.EnumerateFiles(directory, "job-*.json").Order(StringComparer.Ordinal))
        {
            var status = await Ended(client, JsonElement.Parse(await File.ReadAllBytesAsync(file)).GetProperty("status_url").GetString()!);
            if (!smoke) Show(Path.GetFileNameWithoutExtension(file)[4..], status);
            if (status.GetProperty("status").GetString() != "completed") return Fault($"{file}: {status}");
            charged += (long)decimal.Ceiling(status.GetProperty("result").GetProperty("analysis_minutes").GetDecimal());
            if (status.GetProperty("delivery").GetProperty("channel").GetString() == "line") reached++;
        }

        if (!smoke) await ShowLedger(client);
        var account = await client.GetFromJsonAsync<JsonElement>("/api/v1/quota/analysis-minutes");
        var messages = (await line.GetFromJsonAsync<JsonElement>("/messages")).EnumerateObject().Count();
        Console.WriteLine($"Quota: {account.GetProperty("used")} of {account.GetProperty("limit")} minutes used, {account.GetProperty("reserved")} reserved; the jobs come to {charged}.");
        Console.WriteLine($"LINE: {messages} messages came, for {reached} jobs that say so.");
        if (account.GetProperty("used").GetInt64() != charged || account.GetProperty("reserved").GetInt64() != 0) return Fault("The quota does not agree with the jobs.");
        return messages == reached ? 0 : Fault("The messages do not agree with the receipts.");
    }

    private static void Show(string name, JsonElement status)
    {
        var result = status.GetProperty("result");
        Console.WriteLine($"\n{name}: {result.GetProperty("outcome")}, {result.GetProperty("analysis_minutes")} minutes analysed");
        Console.WriteLine($"  {result.GetProperty("delivery_bundle").GetProperty("main_card").GetProperty("text")}");
        if (result.GetProperty("report") is { ValueKind: JsonValueKind.Object } report)
        {
            foreach (var point in report.GetProperty("three_key_points").EnumerateArray()) Console.WriteLine($"  - {point}");
            Console.WriteLine($"  safety {report.GetProperty("summary").GetProperty("overall_safety")}, score {report.GetProperty("summary").GetProperty("score")}, {report.GetProperty("progress_tracking").GetProperty("trend")}");
        }

        foreach (var receipt in status.GetProperty("delivery").GetProperty("receipts").EnumerateArray()) Console.WriteLine($"  receipt {receipt.GetRawText()}");
    }

    private static async Task ShowLedger(HttpClient client)
    {
        Console.WriteLine("\nLedger of analysis minutes:");
        var page = await client.GetFromJsonAsync<JsonElement>("/api/v1/quota/analysis-minutes/ledger?limit=200");
        foreach (var entry in page.GetProperty("entries").EnumerateArray().Reverse())
        {
            var raw = entry.TryGetProperty("raw", out var minutes) ? $", {minutes} analysed" : "";
            Console.WriteLine($"  {entry.GetProperty("kind")} {entry.GetProperty("amount")}, charged {entry.GetProperty("charged")}{raw} {(entry.TryGetProperty("job_id", out var job) ? job : "")}");
        }
    }

    private static async Task<JsonElement> Ended(HttpClient client, string url)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (true)
        {
            var status = await client.GetFromJsonAsync<JsonElement>(url, limit.Token);
            if (status.GetProperty("status").GetString() is "completed" or "failed") return status;
            await Task.Delay(Between, TimeProvider.System, limit.Token);
        }
    }

    private static int Fault(string sentence)
    {
        Console.Error.WriteLine(sentence);
        return 1;
    }
}
