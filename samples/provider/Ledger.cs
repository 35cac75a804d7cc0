using System.Text.Json;

namespace Provider;

/// <summary>All predictions and the bill, in memory and, before anybody hears of a change, in a file.</summary>
public sealed class Ledger
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web) { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private readonly Lock _gate = new();
    private readonly string _file;
    private readonly Dictionary<string, Prediction> _predictions = new(StringComparer.Ordinal);
    private readonly List<BillItem> _bill = [];

    public Ledger(string directory)
    {
        Directory.CreateDirectory(directory);
        _file = Path.Combine(directory, "ledger.json");
        if (!File.Exists(_file)) return;
        var stored = JsonSerializer.Deserialize<Stored>(File.ReadAllBytes(_file), Format)!;
        foreach (var prediction in stored.Predictions) _predictions.Add(prediction.Id, prediction);
        _bill.AddRange(stored.Bill);
    }

    public IReadOnlyList<BillItem> Bill
    {
        get
        {
            lock (_gate) return [.. _bill];
        }
    }

    public IReadOnlyList<Prediction> All
    {
        get
        {
            lock (_gate) return [.. _predictions.Values];
        }
    }

    public Prediction? Find(string id)
    {
        lock (_gate) return _predictions.GetValueOrDefault(id);
    }

    /// <summary>The prediction that was made under the key, or the new one, which is billed.</summary>
    public (Prediction Prediction, bool IsNew) Add(Prediction prediction, decimal price)
    {
        lock (_gate)
        {
            if (prediction.Key is { } key && _predictions.Values.FirstOrDefault(known => known.Key == key) is { } known) return (known, false);
            _predictions.Add(prediction.Id, prediction);
            _bill.Add(new BillItem(prediction.Id, prediction.Key, prediction.Model, price));
            Save();
            return (prediction, true);
        }
    }

    /// <summary>Changes a prediction that has not ended; null if it has.</summary>
    public Prediction? Change(string id, Func<Prediction, Prediction> change)
    {
        lock (_gate)
        {
            if (!_predictions.TryGetValue(id, out var known) || known.HasEnded) return null;
            var changed = _predictions[id] = change(known);
            Save();
            return changed;
        }
    }

    private void Save()
    {
        var next = _file + ".next";
        using (var stream = File.Create(next))
        {
            JsonSerializer.Serialize(stream, new Stored([.. _predictions.Values], _bill), Format);
            stream.Flush(flushToDisk: true);
        }

        File.Move(next, _file, overwrite: true);
    }

    private sealed record Stored(IReadOnlyList<Prediction> Predictions, IReadOnlyList<BillItem> Bill);
}
