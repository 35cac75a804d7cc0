using Dispatcher.Jobs;
using Npgsql;
using NpgsqlTypes;

namespace Dispatcher.Store.Postgres;

/// <summary>Adds the next positional parameter (<c>$1</c>, <c>$2</c>, ...) of a statement; its type is always told.</summary>
internal static class PostgresParameters
{
    public static void Add(this NpgsqlCommand command, JobId value) => Add(command, value.Value, NpgsqlDbType.Uuid);

    public static void Add(this NpgsqlCommand command, IEnumerable<JobId> values) =>
        Add(command, values.Select(id => id.Value).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Uuid);

    public static void Add(this NpgsqlCommand command, int value) => Add(command, value, NpgsqlDbType.Integer);

    public static void Add(this NpgsqlCommand command, int? value) => AddOrNull(command, value, NpgsqlDbType.Integer);

    public static void Add(this NpgsqlCommand command, int[] values) => Add(command, values, NpgsqlDbType.Array | NpgsqlDbType.Integer);

    public static void Add(this NpgsqlCommand command, long value) => Add(command, value, NpgsqlDbType.Bigint);

    public static void Add(this NpgsqlCommand command, long? value) => AddOrNull(command, value, NpgsqlDbType.Bigint);

    public static void Add(this NpgsqlCommand command, long[] values) => Add(command, values, NpgsqlDbType.Array | NpgsqlDbType.Bigint);

    public static void Add(this NpgsqlCommand command, DateTimeOffset value) => Add(command, StoredTime.ToMicroseconds(value));

    public static void Add(this NpgsqlCommand command, DateTimeOffset? value) => Add(command, value is { } time ? StoredTime.ToMicroseconds(time) : (long?)null);

    public static void Add(this NpgsqlCommand command, string? value) =>
        command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Text, Value = value is null ? DBNull.Value : PostgresText.Clean(value) });

    public static void Add(this NpgsqlCommand command, string[] values) =>
        Add(command, Array.ConvertAll(values, PostgresText.Clean), NpgsqlDbType.Array | NpgsqlDbType.Text);

    public static void Add(this NpgsqlCommand command, ReadOnlyMemory<byte> value) => Add(command, value, NpgsqlDbType.Bytea);

    /// <summary>For what the others do not cover.</summary>
    public static void Add<T>(this NpgsqlCommand command, T value, NpgsqlDbType type) =>
        command.Parameters.Add(new NpgsqlParameter<T> { NpgsqlDbType = type, TypedValue = value });

    private static void AddOrNull<T>(NpgsqlCommand command, T? value, NpgsqlDbType type) where T : struct
    {
        if (value is { } given) Add(command, given, type);
        else command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = type, Value = DBNull.Value });
    }
}
