using Npgsql;
using NpgsqlTypes;

namespace Dispatcher.Store.Postgres;

/// <summary>An argument of the group commit: a named array that is filled anew for each batch.</summary>
internal abstract class PostgresArray(string name)
{
    public string Name { get; } = name;

    public abstract NpgsqlParameter Parameter();

    public abstract void Clear();
}

/// <inheritdoc cref="PostgresArray"/>
internal sealed class PostgresArray<T>(string name, NpgsqlDbType type) : PostgresArray(name)
{
    private readonly List<T> _values = [];

    public int Count => _values.Count;

    public void Add(T value) => _values.Add(value);

    public override NpgsqlParameter Parameter() => new NpgsqlParameter<List<T>> { TypedValue = _values, NpgsqlDbType = NpgsqlDbType.Array | type };

    public override void Clear() => _values.Clear();
}

/// <summary>Arrays that belong together, all of the same length: the columns of a table that is an argument. Left out of a call when it is empty.</summary>
internal sealed class PostgresArrays
{
    private readonly List<PostgresArray> _columns = [];

    /// <summary>Rows so far; whoever fills the columns counts them.</summary>
    public int Count { get; set; }

    public IReadOnlyList<PostgresArray> Columns => _columns;

    public PostgresArray<Guid> Ids(string name) => Column<Guid>(name, NpgsqlDbType.Uuid);

    public PostgresArray<string> Texts(string name) => Column<string>(name, NpgsqlDbType.Text);

    public PostgresArray<string?> TextsOrNull(string name) => Column<string?>(name, NpgsqlDbType.Text);

    public PostgresArray<int> Ints(string name) => Column<int>(name, NpgsqlDbType.Integer);

    public PostgresArray<long> Longs(string name) => Column<long>(name, NpgsqlDbType.Bigint);

    public PostgresArray<long?> LongsOrNull(string name) => Column<long?>(name, NpgsqlDbType.Bigint);

    public PostgresArray<bool> Bools(string name) => Column<bool>(name, NpgsqlDbType.Boolean);

    public PostgresArray<ReadOnlyMemory<byte>> Bytes(string name) => Column<ReadOnlyMemory<byte>>(name, NpgsqlDbType.Bytea);

    public void Clear()
    {
        Count = 0;
        foreach (var column in _columns) column.Clear();
    }

    private PostgresArray<T> Column<T>(string name, NpgsqlDbType type)
    {
        var column = new PostgresArray<T>(name, type);
        _columns.Add(column);
        return column;
    }
}
