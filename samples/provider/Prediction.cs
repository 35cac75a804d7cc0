using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Provider;

/// <summary>An order, as it is kept and, without what only the provider knows, shown.</summary>
public sealed record Prediction
{
    public required string Id { get; init; }

    public required string Status { get; init; }

    public string? Model { get; init; }

    public JsonNode? Input { get; init; }

    /// <summary>The clip's path below the provider's address.</summary>
    public string? Output { get; init; }

    public string? Error { get; init; }

    public bool Retryable { get; init; }

    public Metrics? Metrics { get; init; }

    public string? Webhook { get; init; }

    public string? Key { get; init; }

    public Fault Fault { get; init; } = new();

    [JsonIgnore]
    public bool HasEnded => Status is "succeeded" or "failed" or "canceled";

    /// <summary>What a caller sees; the images are not sent back.</summary>
    /// <param name="address">Where the provider listens now, which need not be where it did when the clip was made.</param>
    public object View(Uri address) => new { id = Id, status = Status, model = Model, output = Output is null ? null : new Uri(address, Output).ToString(), error = Error, retryable = Retryable, metrics = Metrics };
}

public sealed record Metrics(decimal Cost);

/// <summary>One line of the bill.</summary>
public sealed record BillItem(string Id, string? Key, string? Model, decimal Amount);

/// <summary>
/// What goes wrong with an order, or with the next ones: in its input as <c>fault</c>, or for all that follow by <c>POST /faults</c>.
/// </summary>
public sealed record Fault
{
    /// <summary>It fails with this error.</summary>
    public string? Fail { get; init; }

    /// <summary>Says of the failure that another order may work.</summary>
    public bool Retryable { get; init; }

    /// <summary>It does not end, unless whoever runs the provider lets it go on.</summary>
    public bool Stall { get; init; }

    /// <summary>It takes so much longer.</summary>
    public int DelayMs { get; init; }

    /// <summary>How often its webhook is sent.</summary>
    public int Webhooks { get; init; } = 1;

    /// <summary>Starts are answered with this status and <see cref="RetryAfter"/>, without being taken, as often as <see cref="Times"/> says.</summary>
    public int Refuse { get; init; }

    /// <summary>Starts are taken and paid, and the connection breaks before the answer, as often as <see cref="Times"/> says.</summary>
    public bool Drop { get; init; }

    /// <summary>Looks at a prediction are answered with this status.</summary>
    public int RefuseLooks { get; init; }

    /// <summary>Answers take so long.</summary>
    public int SlowMs { get; init; }

    /// <summary>Seconds.</summary>
    public int RetryAfter { get; init; }

    public int Times { get; init; } = 1;
}
