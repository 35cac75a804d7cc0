using System.Security.Cryptography;

namespace Provider;

/// <summary>Takes orders, makes their clips and tells of them.</summary>
public sealed class Workshop(ProviderSettings settings, Func<Uri> address, CancellationToken stopping)
{
    private static readonly HttpClient Webhooks = new() { Timeout = TimeSpan.FromSeconds(5) };

    private readonly ClipMaker _maker = new(Path.Combine(settings.DataDirectory, "clips"), settings.WithFfmpeg);
    private readonly TaskCompletionSource _goesOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Fault _fault = new();
    private int _times;
    private int _looks;

    public Ledger Ledger { get; } = new(settings.DataDirectory);

    public string ClipOf(string id) => _maker.PathOf(id);

    /// <summary>What goes wrong with the orders that follow.</summary>
    public Fault Fault => Volatile.Read(ref _fault);

    public void Set(Fault fault)
    {
        Volatile.Write(ref _times, fault.Times);
        Volatile.Write(ref _fault, fault);
    }

    /// <summary>Whatever stalls goes on, now and later.</summary>
    public void GoOnWithStalled() => _goesOn.TrySetResult();

    /// <summary>How often somebody has asked how far an order is.</summary>
    public int Looks => Volatile.Read(ref _looks);

    public void CountLook() => Interlocked.Increment(ref _looks);

    /// <summary>True as often as the fault says.</summary>
    public bool StillHappens() => Interlocked.Decrement(ref _times) >= 0;

    /// <summary>Goes on with what a killed process had begun.</summary>
    public void GoOn()
    {
        foreach (var prediction in Ledger.All.Where(prediction => !prediction.HasEnded)) _ = Make(prediction);
    }

    public (Prediction Prediction, bool IsNew) Take(Order order, string? key)
    {
        var fault = order.Input?["fault"] is { } own ? System.Text.Json.JsonSerializer.Deserialize<Fault>(own, Formats.Json)! : Fault;
        var taken = Ledger.Add(
            new Prediction
            {
                Id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(13)),
                Status = "starting",
                Model = order.Model,
                Input = order.Input,
                Webhook = order.Webhook,
                Key = key,
                Fault = fault,
            },
            PriceOf(order));
        if (taken.IsNew) _ = Make(taken.Prediction);
        return taken;
    }

    /// <summary>What an order costs: by its model and its seconds.</summary>
    public static decimal PriceOf(Order order)
    {
        var seconds = order.Input?["duration"]?.GetValue<decimal>() ?? 6;
        var model = order.Model ?? "";
        return Math.Round(seconds * (model.StartsWith("veo", StringComparison.Ordinal) ? 0.20m : model.StartsWith("hailuo", StringComparison.Ordinal) ? 0.10m : 0m), 2);
    }

    public object View(Prediction prediction) => prediction.View(address());

    private async Task Make(Prediction prediction)
    {
        try
        {
            Ledger.Change(prediction.Id, known => known with { Status = "processing" });
            var fault = prediction.Fault;
            if (fault.Stall) await _goesOn.Task.WaitAsync(stopping);
            await Task.Delay(settings.Delay + TimeSpan.FromMilliseconds(fault.DelayMs), TimeProvider.System, stopping);
            if (fault.Fail is null) await _maker.Make(prediction.Id, prediction.Input, stopping);
            await Tell(Ledger.Change(prediction.Id, known => fault.Fail is { } error
                ? known with { Status = "failed", Error = error, Retryable = fault.Retryable }
                : known with { Status = "succeeded", Output = $"files/{known.Id}.mp4" }));
        }
        catch (OperationCanceledException)
        {
            // It stops; the next start goes on.
        }
        catch (Exception failure) when (failure is InvalidOperationException or IOException or FormatException)
        {
            await Tell(Ledger.Change(prediction.Id, known => known with { Status = "failed", Error = failure.Message }));
        }
    }

    /// <summary>Whoever wants to be told is, as often as the fault says; that he does not listen is his affair.</summary>
    private async Task Tell(Prediction? ended)
    {
        if (ended?.Webhook is not { } webhook) return;
        for (var time = 0; time < ended.Fault.Webhooks; time++)
        {
            try
            {
                using var answer = await Webhooks.PostAsJsonAsync(webhook, View(ended));
            }
            catch (Exception unheard) when (unheard is HttpRequestException or TaskCanceledException)
            {
                return;
            }
        }
    }
}

/// <summary>What is ordered.</summary>
public sealed record Order(string? Model, System.Text.Json.Nodes.JsonNode? Input, string? Webhook);

internal static class Formats
{
    public static System.Text.Json.JsonSerializerOptions Json { get; } = new(System.Text.Json.JsonSerializerDefaults.Web) { PropertyNamingPolicy = System.Text.Json.JsonNamingPolicy.SnakeCaseLower };
}
