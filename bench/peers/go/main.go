// The cached half of the batch endpoint as one would write it in Go: net/http, database/sql and go-sql-driver. It
// does what rtbatch does for a batch of hits (key, validation, one SELECT, the same bytes out) and nothing
// else: no fetching, no deadlines, no care for how a client's reads are cut. That is in its favour.
//
// PEER_LISTEN and PEER_DATABASE are unix sockets' paths; PEER_KEY is the key,
// PEER_PASSWORD the database's. With PEER_ROWS=map rows that were read once stay in a map, for ever and without a bound.
package main

import (
	"bytes"
	"crypto/subtle"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"time"

	_ "github.com/go-sql-driver/mysql"
)

const mostIds = 50

var idForm = regexp.MustCompile(`^tt\d{7,8}$`)

type server struct {
	db   *sql.DB
	key  string
	mu   sync.RWMutex
	rows map[string]movie // nil: none are kept
}

type movie struct {
	facts               string
	cachedAt, expiresAt int64
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"type":"about:blank","status":%d,"error":%q}`, status, code)
}

func parseIds(body []byte) ([]string, bool) {
	var request struct {
		ImdbIds []string `json:"imdbIds"`
	}
	if err := json.Unmarshal(body, &request); err != nil {
		return nil, false
	}
	if len(request.ImdbIds) == 0 || len(request.ImdbIds) > mostIds {
		return nil, false
	}
	seen := make(map[string]bool, len(request.ImdbIds))
	ids := make([]string, 0, len(request.ImdbIds))
	for _, id := range request.ImdbIds {
		id = strings.ToLower(id)
		if !idForm.MatchString(id) {
			return nil, false
		}
		if !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	return ids, true
}

// known gives the rows of all ids, if the map has all of them.
func (s *server) known(ids []string) map[string]movie {
	s.mu.RLock()
	defer s.mu.RUnlock()
	movies := make(map[string]movie, len(ids))
	for _, id := range ids {
		m, ok := s.rows[id]
		if !ok {
			return nil
		}
		movies[id] = m
	}
	return movies
}

func (s *server) keep(movies map[string]movie) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, m := range movies {
		s.rows[id] = m
	}
}

func (s *server) find(ids []string) (map[string]movie, error) {
	if s.rows == nil {
		return s.read(ids)
	}
	if movies := s.known(ids); movies != nil {
		return movies, nil
	}
	movies, err := s.read(ids)
	if err == nil {
		s.keep(movies)
	}
	return movies, err
}

func (s *server) read(ids []string) (map[string]movie, error) {
	arguments := make([]interface{}, len(ids))
	for i, id := range ids {
		arguments[i] = id
	}
	marks := strings.Repeat(",?", len(ids))[1:]
	rows, err := s.db.Query(
		"SELECT imdb_id, rt_slug, facts, cached_at, expires_at FROM rt_cache WHERE imdb_id IN ("+marks+")", arguments...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	movies := make(map[string]movie, len(ids))
	for rows.Next() {
		var id, slug string
		var m movie
		if err := rows.Scan(&id, &slug, &m.facts, &m.cachedAt, &m.expiresAt); err != nil {
			return nil, err
		}
		movies[id] = m
	}
	return movies, rows.Err()
}

func renderStream(ids []string, movies map[string]movie) []byte {
	now := time.Now().UnixMilli()
	var out bytes.Buffer
	out.WriteString(":\n")
	cached, errors := 0, 0
	for _, id := range ids {
		m, ok := movies[id]
		if !ok || m.expiresAt <= now {
			errors++
			fmt.Fprintf(&out, "event: error\ndata: {\"imdbId\":\"%s\",\"error\":\"scrape_failed\",\"message\":\"not cached\"}\n\n", id)
			continue
		}
		cached++
		out.WriteString("event: movie\ndata: {\"imdbId\":\"")
		out.WriteString(id)
		out.WriteString("\",\"status\":\"cached\",")
		out.WriteString(m.facts[1 : len(m.facts)-1]) // ready JSON, as rtbatch stores it
		out.WriteString(",\"cachedAt\":\"")
		out.WriteString(time.UnixMilli(m.cachedAt).UTC().Format("2006-01-02T15:04:05.000Z"))
		out.WriteString("\"}\n\n")
	}
	fmt.Fprintf(&out, "event: done\ndata: {\"total\":%d,\"cached\":%d,\"fetched\":0,\"errors\":%d,\"stale\":0}\n\n",
		len(ids), cached, errors)
	return out.Bytes()
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if subtle.ConstantTimeCompare([]byte(r.Header.Get("X-API-Key")), []byte(s.key)) != 1 {
		refuse(w, http.StatusUnauthorized, "unauthorized")
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 16<<10))
	if err != nil {
		refuse(w, http.StatusRequestEntityTooLarge, "body_too_large")
		return
	}
	ids, ok := parseIds(body)
	if !ok {
		refuse(w, http.StatusUnprocessableEntity, "invalid_request")
		return
	}
	movies, err := s.find(ids)
	if err != nil {
		log.Print(err)
		refuse(w, http.StatusServiceUnavailable, "unavailable")
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-cache, no-transform")
	w.Header().Set("X-Accel-Buffering", "no")
	w.Write(renderStream(ids, movies))
}

func main() {
	// interpolateParams saves the round trip of a prepared statement, which else halves the rate.
	db, err := sql.Open("mysql",
		"rtbatch:"+os.Getenv("PEER_PASSWORD")+"@unix("+os.Getenv("PEER_DATABASE")+")/rtbatch?charset=utf8mb4&interpolateParams=true")
	if err != nil {
		log.Fatal(err)
	}
	db.SetMaxOpenConns(12)
	db.SetMaxIdleConns(12)
	listener, err := net.Listen("unix", os.Getenv("PEER_LISTEN"))
	if err != nil {
		log.Fatal(err)
	}
	s := &server{db: db, key: os.Getenv("PEER_KEY")}
	if os.Getenv("PEER_ROWS") == "map" {
		s.rows = map[string]movie{}
	}
	log.Fatal(http.Serve(listener, s))
}
